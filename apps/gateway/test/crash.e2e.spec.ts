import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QUEUE_PREFIX, tenantKeys, USAGE_RECORD_QUEUE } from '@penstock/dto';
import { ChaosProxy, simulated, waitFor } from '@penstock/testing';
import { Queue } from 'bullmq';

import { expectClosedBooks, expectReconciled, isWhole } from './support/books.js';
import { Load, variedBody } from './support/load.js';
import { type Answer, Proof, type Tenant } from './support/proof.js';

let proof: Proof;
let proxy: ChaosProxy;

beforeAll(async () => {
  proof = await Proof.start({
    env: { PENSTOCK_OWNER_TTL_MS: '2000', PENSTOCK_OWNER_GRACE_MS: '1000', PENSTOCK_SWEEP_INTERVAL_MS: '500' },
  });
  proxy = await ChaosProxy.start(proof.stack.redis.port);
  proof.onStop(() => proxy.close());
});

afterAll(() => proof?.stop());

/** Sends `count` different calls through the first gateway. */
function callVaried(tenant: Tenant, count: number): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => proof.call(tenant, { body: variedBody(index) })));
}

describe('kill -9 of a gateway', () => {
  it('before dispatch: the hold is released and nothing is charged', async () => {
    const [gateway] = proof.stack.gateways;
    await gateway!.restart({ REDIS_URL: proxy.inPlaceOf(proof.stack.redisUrl) });
    const tenant = await proof.createTenant();
    const first = await proof.call(tenant);
    expect(first.status).toBe(200);

    proxy.withholdReplies();
    const undecided = proof.call(tenant);
    const { dispatchedIds } = await waitFor(
      async () => {
        const state = await proof.stateOf(tenant.id);
        return state.holds.length === 1 ? state : undefined;
      },
      { what: 'a hold whose gateway does not know of it' },
    );
    expect(dispatchedIds).toEqual([]);
    await gateway!.kill();
    expect((await undecided).error).toBeDefined();
    proxy.heal();

    const events = await expectClosedBooks(proof, tenant, [first, await undecided]);
    expect(events).toHaveLength(1);
    expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(1);
    await expectReconciled(proof);
    await gateway!.restart({ REDIS_URL: proof.stack.redisUrl });
  });

  it('mid-stream, and while the provider thinks: the orphans are charged at their estimate and marked', async () => {
    const [gateway] = proof.stack.gateways;
    const tenant = await proof.createTenant();
    const whole = await proof.call(tenant);
    const streaming = await proof.open(tenant, {
      body: { stream: true, messages: simulated({ chunks: 1_000, chunkIntervalMs: 100 }) },
    });
    const reader = streaming.body!.getReader();
    expect((await reader.read()).done).toBe(false);
    const thinking = proof.call(tenant, { body: { messages: simulated({ latencyMs: 600_000 }) } });
    const { holds } = await waitFor(
      async () => {
        const state = await proof.stateOf(tenant.id);
        return state.dispatchedIds.length === 2 ? state : undefined;
      },
      { what: 'two calls at the provider' },
    );
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 3, { what: 'them to arrive' });
    await gateway!.kill();
    await reader.read().catch(() => undefined);

    const events = await expectClosedBooks(proof, tenant, [whole, await thinking]);
    const orphans = events.filter(({ is_estimated: isEstimated }) => isEstimated);
    expect(orphans).toHaveLength(2);
    for (const hold of holds) {
      expect(orphans).toContainEqual(
        expect.objectContaining({
          id: hold.id,
          request_id: hold.requestId,
          outcome: 'orphaned',
          tokens: String(hold.heldTokens),
          cost_nano_usd: hold.heldNanoUsd,
        }),
      );
    }
    await expectReconciled(proof);
  });

  it('after settlement and before the queue: the sweeper announces the calls, the ledger gets their true usage', async () => {
    const [gateway] = proof.stack.gateways;
    const [worker] = proof.stack.workers;
    await gateway!.restart({ PENSTOCK_USAGE_FLUSH_MS: '600000' });
    const tenant = await proof.createTenant();
    // Nobody may sweep before the kill: then this would prove nothing.
    worker!.signal('SIGSTOP');
    const answers = await callVaried(tenant, 5);
    const { holds, outboxIds } = await proof.stateOf(tenant.id);
    await gateway!.kill();
    worker!.signal('SIGCONT');
    expect({ holds, waiting: outboxIds.length }).toEqual({ holds: [], waiting: 5 });

    const events = await expectClosedBooks(proof, tenant, answers);
    expect(events.filter(({ is_estimated: isEstimated }) => !isEstimated)).toHaveLength(5);
    await expectReconciled(proof);
    await gateway!.restart({ PENSTOCK_USAGE_FLUSH_MS: '20' });
  });
});

describe('a gateway that was frozen for longer than its time to live', () => {
  it('finds its call charged at the estimate, serves it, and the call counts once', async () => {
    const [gateway] = proof.stack.gateways;
    const tenant = await proof.createTenant();
    const call = proof.call(tenant, { body: { messages: simulated({ latencyMs: 300 }) } });
    await waitFor(async () => (await proof.stateOf(tenant.id)).dispatchedIds.length === 1, { what: 'the call to run' });
    gateway!.signal('SIGSTOP');
    await proof.settled(tenant);
    const [swept, ...others] = await proof.ledger.events(tenant.id);
    expect({ swept, others }).toMatchObject({ swept: { is_estimated: true, outcome: 'orphaned' }, others: [] });
    gateway!.signal('SIGCONT');
    expect(isWhole(await call)).toBe(true);
    expect(await expectClosedBooks(proof, tenant, [])).toEqual([swept]);
    await expectReconciled(proof);
  });
});

describe('Redis that lost everything', () => {
  it('is filled from the ledger: a spent budget stays spent, a call in flight is accounted', async () => {
    const poor = { budget: { max_limit: 0.05, reset_duration: '1d' } };
    const tenant = await proof.createTenant({ key: poor });
    const answers = [
      await proof.call(tenant, { body: { messages: simulated({ promptTokens: 200, completionTokens: 16 }) } }),
    ];
    await proof.settled(tenant);
    const other = await proof.createTenant();
    const running = proof.call(other, {
      body: { stream: true, messages: simulated({ chunks: 10, chunkIntervalMs: 100 }) },
    });
    await waitFor(async () => (await proof.simulator.entriesOf(other.label)).length === 1, { what: 'the call to run' });
    await proof.redis.flushall();
    for (const gateway of [0, 1]) answers.push(await proof.call(tenant, { gateway }));
    expect(answers.map(({ status }) => status)).toEqual([200, 402, 402]);
    expect(await expectClosedBooks(proof, tenant, answers)).toHaveLength(1);

    const ended = await running;
    expect(isWhole(ended)).toBe(true);
    expect((await proof.call(other)).status).toBe(200);
    const [first, ...rest] = await expectClosedBooks(proof, other, [ended]);
    expect(first).toMatchObject({ request_id: ended.requestId, is_estimated: false });
    expect(rest).toHaveLength(1);
    await expectReconciled(proof);
  });
});

describe('Redis that lost what it acknowledged last', () => {
  it('a settlement, and then the gateway is killed before it announces it: found and accounted', async () => {
    const [gateway] = proof.stack.gateways;
    await gateway!.restart({ PENSTOCK_USAGE_FLUSH_MS: '600000' });
    const tenant = await proof.createTenant();
    const running = proof.call(tenant, { body: { messages: simulated({ latencyMs: 500 }) } });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 1, {
      what: 'the call to run',
    });
    await proof.redis.flushall();
    const answer = await running;
    await gateway!.kill();

    await waitFor(async () => (await proof.ledger.events(tenant.id)).length === 1, { what: 'the call in the ledger' });
    // The next call brings the tenant's counters back from there.
    const answers = [answer, await proof.call(tenant, { gateway: 1 })];
    expect(answers.filter(isWhole)).toHaveLength(2);
    expect(await expectClosedBooks(proof, tenant, answers)).toHaveLength(2);
    await expectReconciled(proof);
    await gateway!.restart({ PENSTOCK_USAGE_FLUSH_MS: '20' });
  });

  it.each(['after', 'before'])(
    'a settlement %s the ledger had it: the hold that is there again ends, the call counts once',
    async (moment) => {
      const [worker] = proof.stack.workers;
      const tenant = await proof.createTenant();
      const { counters, holds, dispatched, outbox } = tenantKeys(tenant.id);
      const running = proof.call(tenant, { body: { messages: simulated({ latencyMs: 500 }) } });
      await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 1, {
        what: 'the call to run',
      });
      const keys = [counters, holds, dispatched];
      const before = await Promise.all(keys.map((key) => proof.redis.dumpBuffer(key)));
      if (moment === 'before') worker!.signal('SIGSTOP');
      expect(isWhole(await running)).toBe(true);
      if (moment === 'after') await proof.settled(tenant);

      await proof.redis.del(outbox);
      for (const [index, key] of keys.entries()) await proof.redis.restore(key, 0, before[index]!, 'REPLACE');
      await proof.stack.redis.kill();
      await proof.stack.redis.restart();
      worker!.signal('SIGCONT');
      const events = await expectClosedBooks(proof, tenant, []);
      // What nobody knows any more is charged as the orphan that it looks like.
      expect(events.map(({ outcome }) => outcome)).toEqual([moment === 'after' ? 'completed' : 'orphaned']);
      await expectReconciled(proof);
    },
  );

  it('a revocation: it is brought again, the key does not work on', async () => {
    const tenant = await proof.createTenant();
    expect((await proof.call(tenant)).status).toBe(200);
    await proof.settled(tenant);
    const keys = [tenantKeys(tenant.id).counters, ...(await proof.redis.keys('*snapshot:*'))];
    const before = await Promise.all(keys.map((key) => proof.redis.dumpBuffer(key)));
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    expect((await proof.call(tenant)).status).toBe(403);

    for (const [index, key] of keys.entries()) {
      await proof.redis.restore(key, 0, before[index]!, 'REPLACE');
    }
    await proof.stack.redis.kill();
    await proof.stack.redis.restart();
    const statuses = async (): Promise<number[]> =>
      Promise.all([0, 1].map(async (gateway) => (await proof.call(tenant, { gateway })).status));
    await waitFor(async () => (await statuses()).every((status) => status === 403), {
      what: 'both gateways to refuse the key again',
      timeoutMs: 20_000,
    });
  });
});

describe('a usage job', () => {
  it('delivered twice at once, and again after its acknowledgement was lost, counts once', async () => {
    const [worker] = proof.stack.workers;
    const tenant = await proof.createTenant();
    const { outbox } = tenantKeys(tenant.id);
    const queue = new Queue(USAGE_RECORD_QUEUE, { connection: { url: proof.stack.redisUrl }, prefix: QUEUE_PREFIX });
    proof.onStop(() => queue.close());

    worker!.signal('SIGSTOP');
    const answers = await callVaried(tenant, 3);
    const entries = await proof.redis.hgetall(outbox);
    const job = { schemaVersion: 1, batches: [{ tenantId: tenant.id, ids: Object.keys(entries) }] };
    await Promise.all([queue.add(USAGE_RECORD_QUEUE, job), queue.add(USAGE_RECORD_QUEUE, job)]);
    worker!.signal('SIGCONT');
    expect(Object.keys(entries)).toHaveLength(3);
    expect(await expectClosedBooks(proof, tenant, answers)).toHaveLength(3);

    await proof.redis.hset(outbox, entries);
    await queue.add(USAGE_RECORD_QUEUE, job);
    expect(await expectClosedBooks(proof, tenant, answers)).toHaveLength(3);
    const days = await proof.ledger.query('SELECT calls FROM ledger.usage_daily WHERE tenant_id = $1', [tenant.id]);
    expect(days).toEqual([{ calls: '3' }]);
    await expectReconciled(proof);
  });
});

describe('under load', () => {
  it('kill -9 of a gateway, again and again at any moment: every call that was served is accounted once', async () => {
    const [gateway] = proof.stack.gateways;
    const tenant = await proof.createTenant();
    const load = new Load(proof, tenant, 12);
    for (let kill = 0; kill < 3; kill += 1) {
      await load.served(25);
      await gateway!.kill();
      await gateway!.restart();
    }
    await load.served(25);
    await expectClosedBooks(proof, tenant, await load.stop());
    await expectReconciled(proof);
  });

  it('kill -9 of the worker in the middle of a batch: nothing is lost, nothing counts twice', async () => {
    const [worker] = proof.stack.workers;
    const tenant = await proof.createTenant();
    const load = new Load(proof, tenant);
    await load.served(20);
    const letGo = await proof.ledger.holdUp();
    await load.served(20);
    await waitFor(async () => (await proof.ledger.waitingForLock()) > 0, { what: 'the worker to be in a transaction' });
    await worker!.kill();
    await letGo();
    await load.served(20);
    await worker!.restart();
    await load.served(20);

    const answers = await load.stop();
    expect(answers.filter((answer) => !isWhole(answer))).toEqual([]);
    const events = await expectClosedBooks(proof, tenant, answers);
    expect(events.filter(({ is_estimated: isEstimated }) => isEstimated)).toEqual([]);
    await expectReconciled(proof);
  });

  it('kill -9 and restart of Redis with its append-only file: the books close to the nano-dollar', async () => {
    // Every answer of Redis is on disk before it is given: what a second of `everysec` may lose is not ours to promise.
    await proof.redis.config('SET', 'appendfsync', 'always');
    const tenant = await proof.createTenant();
    const load = new Load(proof, tenant);
    await load.served(30);
    await proof.stack.redis.kill();
    await waitFor(() => load.answers.some(({ status }) => status === 503), { what: 'a call to be refused' });
    await proof.stack.redis.restart();
    await load.served(60);

    const answers = await load.stop();
    for (const answer of answers.filter((one) => !isWhole(one))) {
      expect({ status: answer.status, error: answer.error, text: answer.text }).toMatchObject({
        status: 503,
        error: undefined,
      });
      expect(answer.headers.get('retry-after')).toBeTruthy();
    }
    const events = await expectClosedBooks(proof, tenant, answers);
    expect(events.filter(({ is_estimated: isEstimated }) => isEstimated)).toEqual([]);
    await expectReconciled(proof);
  });
});
