import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ownerKey, QUEUE_PREFIX, tenantKeys, USAGE_RECORD_QUEUE } from '@penstock/dto';
import { waitFor } from '@penstock/testing';
import { Queue } from 'bullmq';

import { isSettled } from '../src/reconciliation/reconciler.js';
import { HoldSweeper } from '../src/sweeps/hold-sweeper.js';
import { OutboxSweeper } from '../src/sweeps/outbox-sweeper.js';
import { UsageRecorder } from '../src/usage/usage-recorder.js';
import {
  createTenant,
  putHold,
  putSettled,
  readCounters,
  readWindows,
  settledCall,
  type TestTenant,
} from './support/calls.js';
import { startWorker, type WorkerApp } from './support/worker-app.js';

let worker: WorkerApp;
let queue: Queue;
let tenant: TestTenant;

beforeAll(async () => {
  // Two seconds, the shortest age at which entries are announced again.
  worker = await startWorker({ PENSTOCK_SWEEP_INTERVAL_MS: '2000' });
  queue = new Queue(USAGE_RECORD_QUEUE, { connection: worker.redis, prefix: QUEUE_PREFIX });
});

afterAll(async () => {
  await queue.close();
  await worker.stop();
});

beforeEach(async () => {
  tenant = await createTenant(worker.db, worker.redis);
});

async function events(): Promise<unknown[]> {
  return worker.db.query(
    'SELECT id, outcome, is_estimated, tokens, cost_nano_usd FROM ledger.usage_events WHERE tenant_id = $1',
    [tenant.id],
  );
}

async function sweepUntilSettled(): Promise<void> {
  await waitFor(
    async () => {
      await worker.get(HoldSweeper).sweep();
      return isSettled(await worker.reconciler.check(tenant.id));
    },
    { what: 'the tenant to settle' },
  );
}

describe('holds of a dead owner', () => {
  it('are charged at their estimate when the request was sent', async () => {
    const hold = await putHold(worker.redis, tenant, { ownerId: 'dead', isDispatched: true });
    await sweepUntilSettled();

    expect(await events()).toEqual([
      { id: hold.id, outcome: 'orphaned', is_estimated: true, tokens: '400', cost_nano_usd: '2000000' },
    ]);
    expect(await readCounters(worker.redis, tenant)).toEqual(['1', '400', '2000000']);
    expect(await readWindows(worker.db, tenant)).toEqual(['1', '400', '2000000']);
    expect(await worker.redis.exists(tenantKeys(tenant.id).dispatched)).toBe(0);
  });

  it('are released without a trace when the request was never sent', async () => {
    await putHold(worker.redis, tenant, { ownerId: 'dead', isDispatched: false });
    await sweepUntilSettled();

    expect(await events()).toEqual([]);
    expect(await readCounters(worker.redis, tenant)).toEqual(['0', '0', '0']);
  });

  it('are ended once by many sweeps at the same time', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        putHold(worker.redis, tenant, { ownerId: 'dead', isDispatched: index % 2 === 0 }),
      ),
    );
    const sweeper = worker.get(HoldSweeper);
    await Promise.all([sweeper.sweep(), sweeper.sweep(), sweeper.sweep()]);
    await sweepUntilSettled();

    expect(await events()).toHaveLength(10);
    expect(await readCounters(worker.redis, tenant)).toEqual(['10', '4000', '20000000']);
  });

  it('take the amounts of the ledger when it has the call already', async () => {
    const hold = await putHold(worker.redis, tenant, { ownerId: 'dead', isDispatched: true });
    // PostgreSQL is ahead: Redis restarted with the state of before the settlement.
    const settled = settledCall(tenant, { id: hold.id, startedAtMs: hold.startedAtMs });
    await worker.redis.hset(tenantKeys(tenant.id).outbox, settled.id, `N${JSON.stringify(settled)}`);
    await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [settled.id] }]);
    await sweepUntilSettled();

    expect(await events()).toEqual([
      { id: hold.id, outcome: 'completed', is_estimated: false, tokens: '15', cost_nano_usd: '75000' },
    ]);
    expect(await readCounters(worker.redis, tenant)).toEqual(['1', '15', '75000']);
  });
});

describe('places among the concurrent requests', () => {
  const every = (): readonly string[] => [...tenant.counters, ...tenant.moreCounters];

  it('are given back by holds that are charged, and what the other limits hold stays', async () => {
    await putHold(worker.redis, tenant, { ownerId: 'dead', isDispatched: true, counters: every() });
    await sweepUntilSettled();
    expect(await readCounters(worker.redis, tenant, every())).toEqual(['1', '400', '2000000', '250', '150', '0']);
    expect(await readWindows(worker.db, tenant, every())).toEqual(['1', '400', '2000000', '250', '150', null]);
  });

  it('are given back by holds that are released', async () => {
    await putHold(worker.redis, tenant, { ownerId: 'dead', isDispatched: false, counters: every() });
    await sweepUntilSettled();
    expect(await readCounters(worker.redis, tenant, every())).toEqual(['0', '0', '0', '0', '0', '0']);
  });

  it('are given back by holds whose call the ledger has already', async () => {
    const hold = await putHold(worker.redis, tenant, { ownerId: 'dead', isDispatched: true, counters: every() });
    const settled = settledCall(tenant, { id: hold.id, startedAtMs: hold.startedAtMs, counters: every() });
    await worker.redis.hset(tenantKeys(tenant.id).outbox, settled.id, `N${JSON.stringify(settled)}`);
    await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [settled.id] }]);
    await sweepUntilSettled();
    expect(await readCounters(worker.redis, tenant, every())).toEqual(['1', '15', '75000', '10', '5', '0']);
  });

  it('are given back once, however many sweeps end the hold, and living calls keep theirs', async () => {
    await worker.redis.set(ownerKey('alive'), '1');
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        putHold(worker.redis, tenant, {
          ownerId: index < 5 ? 'alive' : 'dead',
          isDispatched: index % 2 === 0,
          counters: every(),
        }),
      ),
    );
    const sweeper = worker.get(HoldSweeper);
    await Promise.all([sweeper.sweep(), sweeper.sweep(), sweeper.sweep()]);
    expect(await readCounters(worker.redis, tenant, [tenant.moreCounters[2]])).toEqual(['5']);
    await waitFor(async () => (await worker.redis.hlen(tenantKeys(tenant.id).outbox)) === 0, { what: 'the ledger' });
    expect(await worker.reconciler.check(tenant.id)).toMatchObject({ drifts: [], openHolds: 5 });
    await worker.redis.del(ownerKey('alive'));
    await sweepUntilSettled();
    expect(await readCounters(worker.redis, tenant, [tenant.moreCounters[2]])).toEqual(['0']);
  });

  it('are not taken by a late record: its call runs no more', async () => {
    const late = settledCall(tenant, { counters: every() });
    await worker.redis.hset(tenantKeys(tenant.id).outbox, late.id, `L${JSON.stringify(late)}`);
    await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [late.id] }]);
    expect(await readCounters(worker.redis, tenant, every())).toEqual(['1', '15', '75000', '10', '5', null]);
    expect(isSettled(await worker.reconciler.check(tenant.id))).toBe(true);
  });
});

describe('holds of a living owner', () => {
  it('are left alone until they expire', async () => {
    await worker.redis.set(ownerKey('alive'), '1');
    const kept = await putHold(worker.redis, tenant, { ownerId: 'alive', isDispatched: true });
    const expired = await putHold(worker.redis, tenant, {
      ownerId: 'alive',
      isDispatched: true,
      expiresAtMs: Date.now() - 1,
    });
    await worker.get(HoldSweeper).sweep();

    expect(await worker.redis.hkeys(tenantKeys(tenant.id).holds)).toEqual([kept.id]);
    await waitFor(async () => (await events()).length === 1, { what: 'the expired hold to be charged' });
    expect(await events()).toMatchObject([{ id: expired.id, outcome: 'orphaned' }]);
    const found = await worker.reconciler.check(tenant.id);
    expect(found).toMatchObject({ drifts: [], openHolds: 1 });
  });
});

describe('stray marks', () => {
  it('of holds that are gone are removed, those of open holds stay', async () => {
    await worker.redis.set(ownerKey('alive'), '1');
    const hold = await putHold(worker.redis, tenant, { ownerId: 'alive', isDispatched: true });
    await worker.redis.sadd(tenantKeys(tenant.id).dispatched, 'gone-1', 'gone-2');
    await worker.get(HoldSweeper).sweep();

    expect(await worker.redis.smembers(tenantKeys(tenant.id).dispatched)).toEqual([hold.id]);
  });
});

describe('outbox entries that nobody announced', () => {
  it('are announced once they are old, and not again at once', async () => {
    const old = settledCall(tenant, { settledAtMs: Date.now() - 60_000 });
    const young = settledCall(tenant, { settledAtMs: Date.now() + 60_000 });
    await queue.pause();
    await putSettled(worker.redis, old, young);
    const sweeper = worker.get(OutboxSweeper);
    const announced = await sweeper.sweep();
    await sweeper.sweep();
    const jobs = await queue.getJobs(['waiting']);
    const named = jobs.flatMap(({ data }) =>
      (data as { batches: { ids: string[] }[] }).batches.flatMap(({ ids }) => ids),
    );
    await queue.resume();

    expect(announced).toBe(1);
    expect(named).toEqual([old.id]);
    await waitFor(async () => (await events()).length === 1, { what: 'the old entry to be accounted for' });
    expect(await worker.redis.hkeys(tenantKeys(tenant.id).outbox)).toEqual([young.id]);
    await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [young.id] }]);
  });

  it('show in the metrics', async () => {
    await queue.pause();
    await putSettled(worker.redis, settledCall(tenant, { settledAtMs: Date.now() - 90_000 }));
    await worker.get(OutboxSweeper).sweep();
    const { body } = await worker.created.app.inject({ method: 'GET', url: '/metrics' });
    await queue.resume();

    expect(body).toMatch(/penstock_worker_outbox_entries\{[^}]*\} [1-9]/);
    expect(body).toMatch(/penstock_worker_outbox_oldest_seconds\{[^}]*\} (9\d|1\d\d)/);
    await sweepUntilSettled();
  });
});
