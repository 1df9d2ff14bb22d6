import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChaosProxy, simulated, waitFor } from '@penstock/testing';

import { expectClosedBooks, expectReconciled, isWhole } from './support/books.js';
import { KeepAliveClients } from './support/keep-alive-clients.js';
import { Load, variedBody } from './support/load.js';
import { type Answer, Proof, type Tenant } from './support/proof.js';

/** Nothing hangs: far beyond every deadline that a call may have to wait for. */
const NEVER_MS = 20_000;
const GATEWAYS = [0, 1];

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
});

afterAll(() => proof?.stop());

async function warmTenant(): Promise<{ readonly tenant: Tenant; readonly answers: Answer[] }> {
  const tenant = await proof.createTenant();
  const answers = await Promise.all(GATEWAYS.map((gateway) => proof.call(tenant, { gateway })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  return { tenant, answers };
}

/** Calls until the gateway serves again; what it answered before is part of the books too. */
async function callUntilServed(tenant: Tenant, gateway: number, answers: Answer[]): Promise<void> {
  await waitFor(
    async () => {
      const answer = await proof.call(tenant, { gateway });
      answers.push(answer);
      return answer.status === 200;
    },
    { what: `gateway ${gateway} to serve again`, timeoutMs: 30_000 },
  );
}

async function proxyTo(url: string): Promise<ChaosProxy> {
  const proxy = await ChaosProxy.start(Number(new URL(url).port));
  proof.onStop(() => proxy.close());
  return proxy;
}

describe('a gateway that is stopped', () => {
  it('under load: no request fails, nothing is lost', async () => {
    const [leaving] = proof.stack.gateways;
    const { tenant, answers } = await warmTenant();
    const clients = new KeepAliveClients(proof.stack.gatewayUrls, tenant, 8);
    await clients.served(60);
    const { code } = await leaving!.kill('SIGTERM');
    await clients.served(40);
    const { answers: served, failures } = await clients.stop();

    expect(code).toBe(0);
    expect(failures).toEqual([]);
    expect(served.filter((answer) => !isWhole(answer))).toEqual([]);
    const events = await expectClosedBooks(proof, tenant, [...answers, ...served]);
    expect(events).toHaveLength(answers.length + served.length);
    expect(events.filter(({ is_estimated: isEstimated }) => isEstimated)).toEqual([]);
    await expectReconciled(proof);
    await leaving!.restart();
  });

  it('in the middle of an answer that does not end: cut after the grace, charged for what came, nothing left behind', async () => {
    const [, leaving] = proof.stack.gateways;
    await leaving!.restart({ PENSTOCK_SHUTDOWN_GRACE_MS: '1000' });
    const tenant = await proof.createTenant();
    const endless = proof.call(tenant, {
      gateway: 1,
      body: { stream: true, messages: simulated({ chunks: 10_000, chunkIntervalMs: 50, completionTokens: 16 }) },
    });
    await waitFor(async () => ((await proof.simulator.entriesOf(tenant.label))[0]?.chunksSent ?? 0) > 5, {
      what: 'the answer to begin',
    });
    expect((await leaving!.kill('SIGTERM')).code).toBe(0);
    expect(isWhole(await endless)).toBe(false);
    expect((await proof.stateOf(tenant.id)).holds).toEqual([]);
    const [event, ...others] = await expectClosedBooks(proof, tenant, []);
    expect({ event, others }).toMatchObject({ event: { is_estimated: true }, others: [] });
    expect(event?.outcome).not.toBe('orphaned');
    await leaving!.restart({ PENSTOCK_SHUTDOWN_GRACE_MS: '20000' });
  });
});

describe('a worker that is stopped and started again', () => {
  it('under load: calls go on, the ledger catches up', async () => {
    const [worker] = proof.stack.workers;
    const { tenant, answers } = await warmTenant();
    const load = new Load(proof, tenant);
    await load.served(20);
    expect((await worker!.kill('SIGTERM')).code).toBe(0);
    await load.served(20);
    await worker!.restart();
    await load.served(20);
    const served = await load.stop();
    expect(served.filter((answer) => !isWhole(answer))).toEqual([]);
    const events = await expectClosedBooks(proof, tenant, [...answers, ...served]);
    expect(events).toHaveLength(answers.length + served.length);
  });
});

describe('Redis', () => {
  const refusal = { status: 503, code: 'store_unavailable' };

  async function expectRefused(tenant: Tenant, gateway: number): Promise<Answer> {
    const answer = await proof.call(tenant, { gateway, signal: AbortSignal.timeout(NEVER_MS) });
    expect({ status: answer.status, ...JSON.parse(answer.text) }).toMatchObject(refusal);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    return answer;
  }

  it('away: budgeted calls are refused, running ones end well; back again: served without a restart', async () => {
    const { tenant, answers } = await warmTenant();
    const pids = proof.stack.gateways.map(({ pid }) => pid);
    const running = proof.call(tenant, {
      body: { stream: true, messages: simulated({ chunks: 20, chunkIntervalMs: 100 }) },
    });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 3, {
      what: 'the call to run',
    });
    await proof.stack.redis.kill();

    for (const gateway of GATEWAYS) {
      answers.push(await expectRefused(tenant, gateway));
      const stranger = await proof.call({ ...tenant, key: 'sk-bf-unknown' }, { gateway });
      expect(stranger.status).toBe(503);
      const health = await fetch(`${proof.stack.gatewayUrls[gateway]}/health`);
      expect(health.status).toBe(503);
      await health.body?.cancel();
    }
    const ended = await running;
    expect(isWhole(ended)).toBe(true);
    expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(3);

    await proof.stack.redis.restart();
    for (const gateway of GATEWAYS) await callUntilServed(tenant, gateway, answers);
    expect(proof.stack.gateways.map(({ pid }) => pid)).toEqual(pids);
    const events = await expectClosedBooks(proof, tenant, [...answers, ended]);
    expect(events.filter(({ is_estimated: isEstimated }) => isEstimated)).toEqual([]);
    await expectReconciled(proof);
  });

  it('silent: a call is refused within its deadline, its hold goes when Redis answers again', async () => {
    const [, gateway] = proof.stack.gateways;
    const proxy = await proxyTo(proof.stack.redisUrl);
    await gateway!.restart({ REDIS_URL: proxy.inPlaceOf(proof.stack.redisUrl), PENSTOCK_STORE_DEADLINE_MS: '50' });
    const { tenant, answers } = await warmTenant();
    proxy.stall();
    for (let call = 0; call < 5; call += 1) answers.push(await expectRefused(tenant, 1));
    expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(2);

    proxy.heal();
    await callUntilServed(tenant, 1, answers);
    await expectClosedBooks(proof, tenant, answers);
    await expectReconciled(proof);
    await gateway!.restart({ REDIS_URL: proof.stack.redisUrl, PENSTOCK_STORE_DEADLINE_MS: '5000' });
  });
});

describe('governance', () => {
  it('away: calls of known keys go on, also at a gateway that never saw them; unknown keys are 503, not 401', async () => {
    const tenant = await proof.createTenant();
    const answers = [await proof.call(tenant, { gateway: 0 })];
    await proof.stack.governance.kill();

    for (const gateway of GATEWAYS) {
      for (let index = 0; index < 3; index += 1) {
        answers.push(await proof.call(tenant, { gateway, body: variedBody(index) }));
      }
      const stranger = await proof.call({ ...tenant, key: 'sk-bf-stranger' }, { gateway });
      expect({ status: stranger.status, ...JSON.parse(stranger.text) }).toMatchObject({
        status: 503,
        code: 'policy_unavailable',
      });
    }
    await proof.stack.governance.restart();
    expect(answers.filter((answer) => !isWhole(answer))).toEqual([]);
    expect(await expectClosedBooks(proof, tenant, answers)).toHaveLength(7);
    const other = await proof.createTenant();
    expect((await proof.call(other)).status).toBe(200);
  });
});

describe('PostgreSQL', () => {
  it('away: calls go on, operators get 503, the ledger catches up', async () => {
    const [worker] = proof.stack.workers;
    const proxy = await proxyTo(proof.stack.databaseUrl);
    const env = { DATABASE_URL: proxy.inPlaceOf(proof.stack.databaseUrl) };
    await Promise.all([worker!.restart(env), proof.stack.governance.restart(env)]);
    const { tenant, answers } = await warmTenant();
    await proof.settled(tenant);

    proxy.breakDown();
    const load = new Load(proof, tenant);
    await load.served(40);
    const { status, body } = await proof.governance.request('GET', `/virtual-keys/${tenant.keyId}`);
    expect({ status, code: body['code'] }).toEqual({ status: 503, code: 'database_unavailable' });
    const served = await load.stop();
    expect(served.filter((answer) => !isWhole(answer))).toEqual([]);
    expect((await proof.stateOf(tenant.id)).outboxIds.length).toBe(served.length);

    proxy.heal();
    const events = await expectClosedBooks(proof, tenant, [...answers, ...served]);
    expect(events).toHaveLength(answers.length + served.length);
    await expectReconciled(proof);
  });
});

describe('the provider', () => {
  it('away: 502, nothing is charged; back again: served', async () => {
    const tenant = await proof.createTenant();
    await proof.stack.simulator.kill();
    const answer = await proof.call(tenant, { signal: AbortSignal.timeout(NEVER_MS) });
    expect({ status: answer.status, ...JSON.parse(answer.text) }).toMatchObject({
      status: 502,
      code: 'upstream_unreachable',
    });
    expect(await expectClosedBooksWithoutProvider(tenant)).toEqual([]);
    await proof.stack.simulator.restart();
    const answers = [answer];
    await callUntilServed(tenant, 0, answers);
    await proof.settled(tenant);
    await expectReconciled(proof);
  });
});

/** The provider's own books are gone with it. */
async function expectClosedBooksWithoutProvider(tenant: Tenant): Promise<unknown[]> {
  const { counters } = await proof.settled(tenant);
  expect([...counters.values()].filter((total) => total !== 0n)).toEqual([]);
  return proof.ledger.events(tenant.id);
}
