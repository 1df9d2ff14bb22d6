import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { counterIdOf, parseCounterId, uuidv7 } from '@penstock/domain';
import {
  EPOCH_FIELD,
  parsePolicyInvalidated,
  POLICY_CHANNEL,
  POLICY_INVALIDATED,
  type PolicyInvalidatedPayload,
  snapshotKey,
  tenantKeys,
} from '@penstock/dto';
import { appendOutbox } from '@penstock/entities';
import { waitFor } from '@penstock/testing';

import { CounterPruner } from '../src/pruning/counter-pruner.js';
import { WindowPruner } from '../src/pruning/window-pruner.js';
import { OutboxRelay } from '../src/relay/outbox-relay.js';
import { UsageRecorder } from '../src/usage/usage-recorder.js';
import { createTenant, putHold, settledCall, type TestTenant } from './support/calls.js';
import { startWorker, type WorkerApp } from './support/worker-app.js';

const DAY_MS = 86_400_000;

let worker: WorkerApp;

beforeAll(async () => {
  worker = await startWorker();
});

afterAll(async () => {
  await worker.stop();
});

async function appendMessage(
  tenant: TestTenant,
  epoch: number,
  ageMs = 60_000,
  type = POLICY_INVALIDATED,
): Promise<string> {
  const id = uuidv7();
  const payload: PolicyInvalidatedPayload = {
    schemaVersion: 1,
    tenantId: tenant.id,
    epoch,
    keyHashes: [`hash-${tenant.id}`],
    carryOvers: [],
  };
  await appendOutbox(worker.db.manager, [
    {
      id,
      type,
      tenantId: tenant.id,
      payload: { ...payload },
      createdAt: new Date(Date.now() - ageMs),
    },
  ]);
  return id;
}

async function isDelivered(id: string): Promise<boolean> {
  const [row] = await worker.db.query<{ delivered: boolean }[]>(
    'SELECT delivered_at IS NOT NULL AS delivered FROM governance.outbox_messages WHERE id = $1',
    [id],
  );
  return row?.delivered ?? false;
}

describe('OutboxRelay', () => {
  it('brings the epoch to Redis, drops the snapshots, tells the gateways and marks the message', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    await worker.redis.set(snapshotKey(`hash-${tenant.id}`), '{}');
    const told: unknown[] = [];
    const subscriber = worker.redis.duplicate();
    subscriber.on('message', (_, message) => told.push(parsePolicyInvalidated(message)));
    await subscriber.subscribe(POLICY_CHANNEL);
    const ids = [await appendMessage(tenant, 3), await appendMessage(tenant, 2)];
    await worker.get(OutboxRelay).relay();

    expect(await worker.redis.hget(tenantKeys(tenant.id).counters, EPOCH_FIELD)).toBe('3');
    expect(await worker.redis.exists(snapshotKey(`hash-${tenant.id}`))).toBe(0);
    await waitFor(async () => told.length === 2, { what: 'both messages to arrive' });
    expect(told[0]).toEqual({ type: 'policy.invalidated', schemaVersion: 1, tenantId: tenant.id, epoch: 3 });
    expect(await Promise.all(ids.map((id) => isDelivered(id)))).toEqual([true, true]);
    subscriber.disconnect();
  });

  it('leaves fresh messages to governance and unknown ones to a newer release', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const fresh = await appendMessage(tenant, 4, 0);
    const unknown = await appendMessage(tenant, 4, 60_000, 'something.new');
    await worker.get(OutboxRelay).relay();

    expect([await isDelivered(fresh), await isDelivered(unknown)]).toEqual([false, false]);
  });

  it('shares the work: messages that another relay holds are skipped', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const held = await appendMessage(tenant, 5);
    const free = await appendMessage(tenant, 6);
    await worker.db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM governance.outbox_messages WHERE id = $1 FOR UPDATE', [held]);
      await worker.get(OutboxRelay).relay();
      expect([await isDelivered(held), await isDelivered(free)]).toEqual([false, true]);
    });
    await worker.get(OutboxRelay).relay();
    expect(await isDelivered(held)).toBe(true);
  });

  it('forgets only what was delivered long ago', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const ids = [await appendMessage(tenant, 7), await appendMessage(tenant, 8)];
    await worker.get(OutboxRelay).relay();
    await worker.db.query(
      `UPDATE governance.outbox_messages SET delivered_at = now() - interval '8 days' WHERE id = $1`,
      [ids[0]],
    );
    await worker.get(OutboxRelay).purge();
    const left = await worker.db.query('SELECT id FROM governance.outbox_messages WHERE id = ANY($1)', [ids]);
    expect(left).toEqual([{ id: ids[1] }]);
  });
});

describe('CounterPruner', () => {
  it('removes history, keeps what is still read and whatever a call in flight holds', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const { counters } = tenantKeys(tenant.id);
    const ago = (days: number): string => (tenant.windowStartMs - days * DAY_MS).toString(36);
    const budget = tenant.counters[2].split('.')[0] ?? '';
    const ended = `${budget}.0.${ago(3)}`;
    const endedButHeld = `${budget}.0.${ago(2)}`;
    const windowBefore = `${budget}.0.${ago(1)}`;
    await worker.redis.hset(
      counters,
      ended,
      5,
      endedButHeld,
      6,
      windowBefore,
      7,
      tenant.counters[2],
      8,
      'czzzz.0.a',
      9,
    );
    await putHold(
      worker.redis,
      { ...tenant, counters: [tenant.counters[0], tenant.counters[1], endedButHeld] },
      { ownerId: 'somebody', isDispatched: true },
    );
    await worker.get(CounterPruner).prune();

    expect((await worker.redis.hkeys(counters)).toSorted()).toEqual(
      [EPOCH_FIELD, endedButHeld, windowBefore, ...tenant.counters].toSorted(),
    );
  });

  it('keeps the buckets of a sliding window as long as they count, and removes them then', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const { counters } = tenantKeys(tenant.id);
    const tokens = parseCounterId(tenant.counters[1]).limitKey;
    await worker.db.query(
      `UPDATE governance.rate_limits SET window_type = 'sliding', token_reset_duration = '10h' WHERE virtual_key_id = $1`,
      [tenant.keyId],
    );
    const bucket = (hoursAgo: number): string => counterIdOf(tokens, 0, tenant.windowStartMs - hoursAgo * 3_600_000);
    await worker.redis.hset(counters, bucket(0), 1, bucket(10), 2, bucket(11), 3, bucket(12), 4, bucket(13), 5);
    await worker.get(CounterPruner).prune();
    expect((await worker.redis.hkeys(counters)).toSorted()).toEqual(
      [EPOCH_FIELD, bucket(0), bucket(10), bucket(11)].toSorted(),
    );
  });
});

describe('WindowPruner', () => {
  const cutoffMs = (): number => Date.now() - 30 * DAY_MS;

  async function putWindows(...counterIds: readonly string[]): Promise<void> {
    for (const counterId of counterIds) {
      const { limitKey: key, generation, windowStartMs } = parseCounterId(counterId);
      await worker.db.query(
        `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
         VALUES ($1, $2, $3, to_timestamp($4::bigint / 1000.0), 1, now())`,
        [counterId, key, generation, windowStartMs],
      );
    }
  }

  async function left(counterIds: readonly string[]): Promise<string[]> {
    const rows = await worker.db.query<{ counter_id: string }[]>(
      'SELECT counter_id FROM ledger.limit_windows WHERE counter_id = ANY($1)',
      [counterIds],
    );
    return rows.map((row) => row.counter_id);
  }

  it('deletes windows of rate limits that ended before the retention, and keeps all others', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const [, tokens, cost] = tenant.counters.map((counterId) => parseCounterId(counterId).limitKey) as [
      string,
      string,
      string,
    ];
    const startOf = (daysAgo: number): number => tenant.windowStartMs - daysAgo * DAY_MS;
    const ended = [counterIdOf(tokens, 0, startOf(33)), counterIdOf(tokens, 0, startOf(400))];
    const kept = [counterIdOf(tokens, 0, startOf(30)), counterIdOf(tokens, 0, startOf(0))];
    const anotherGeneration = counterIdOf(tokens, 7, startOf(33));
    const ofDeletedLimit = [counterIdOf('tzzzy', 1, startOf(31)), counterIdOf('tzzzy', 1, startOf(29))];
    const budget = [counterIdOf(cost, 0, startOf(33)), counterIdOf('czzzy', 0, startOf(4_000))];
    const all = [...ended, ...kept, anotherGeneration, ...ofDeletedLimit, ...budget];
    await putWindows(...all);
    expect(await worker.get(WindowPruner).prune()).toBe(4);
    expect((await left(all)).toSorted()).toEqual([...kept, ofDeletedLimit[1]!, ...budget].toSorted());
    expect(await worker.get(WindowPruner).prune()).toBe(0);
  });

  it('keeps a window that is open or read, however long ago it began', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const tokens = parseCounterId(tenant.counters[1]).limitKey;
    const anchorMs = Date.now() - 100 * DAY_MS;
    await worker.db.query(
      `UPDATE governance.rate_limits SET token_reset_duration = '1Y', token_anchor_at = to_timestamp($2::bigint / 1000.0)
       WHERE virtual_key_id = $1`,
      [tenant.keyId, anchorMs],
    );
    const open = counterIdOf(tokens, 0, anchorMs);
    await putWindows(open);
    expect(await worker.get(WindowPruner).prune()).toBe(0);
    // The same stretch as a bucket of a sliding year: 36.5 days long, and counted for a year after.
    await worker.db.query(`UPDATE governance.rate_limits SET window_type = 'sliding' WHERE virtual_key_id = $1`, [
      tenant.keyId,
    ]);
    expect(await worker.get(WindowPruner).prune()).toBe(0);
    expect(await left([open])).toEqual([open]);
  });

  it('deletes any number in batches, and leaves alone what is being written', async () => {
    const written = counterIdOf('qzzzx', 1, cutoffMs() - DAY_MS);
    await putWindows(written);
    await worker.db.query(
      `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
       SELECT 'qzzzx.1.' || n, 'qzzzx', 1, now() - interval '31 days' - n * interval '1 second', 1, now()
       FROM generate_series(1, 12000) AS n`,
    );
    await worker.db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM ledger.limit_windows WHERE counter_id = $1 FOR UPDATE', [written]);
      expect(await worker.get(WindowPruner).prune()).toBe(12_000);
    });
    expect(await worker.get(WindowPruner).prune()).toBe(1);
  });

  it('is no drift to reconciliation, while a window that must be there is', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const oldStartMs = tenant.windowStartMs - 40 * DAY_MS;
    const counters = tenant.counters.map((id) => counterIdOf(parseCounterId(id).limitKey, 0, oldStartMs));
    const call = settledCall(tenant, { counters, startedAtMs: oldStartMs + 1, settledAtMs: oldStartMs + 2 });
    await worker.redis.hset(tenantKeys(tenant.id).outbox, call.id, `N${JSON.stringify(call)}`);
    await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [call.id] }]);
    expect(await left(counters)).toHaveLength(3);
    expect(await worker.get(WindowPruner).prune()).toBe(2);
    expect(await left(counters)).toEqual([counters[2]]);
    const drifts = async (): Promise<unknown> => {
      const found = await worker.reconciler.check();
      return found.drifts.filter(({ counterId }) => counters.includes(counterId));
    };
    expect(await drifts()).toEqual([]);

    await worker.db.query('DELETE FROM ledger.limit_windows WHERE counter_id = $1', [counters[2]]);
    expect(await drifts()).toMatchObject([{ counterId: counters[2], postgres: 0n, events: 75_000n }]);
  });
});

describe('limits that move to another tenant', () => {
  it('take every window along that still counts, from PostgreSQL where Redis has lost it', async () => {
    const from = await createTenant(worker.db, worker.redis);
    const to = await createTenant(worker.db, worker.redis);
    const [requests, tokens] = from.counters.map((id) => parseCounterId(id).limitKey) as [string, string];
    const running = from.moreCounters[2];
    const bucketMs = 6_000;
    const nowMs = Math.floor(Date.now() / bucketMs) * bucketMs;
    // Eleven buckets of a sliding minute count; an older one does not matter.
    const buckets = Array.from({ length: 11 }, (_, age) => counterIdOf(tokens, 0, nowMs - age * bucketMs));
    for (const [age, counterId] of buckets.entries()) {
      await worker.db.query(
        `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
         VALUES ($1, $2, 0, to_timestamp($3::bigint / 1000.0), $4, now())`,
        [counterId, tokens, nowMs - age * bucketMs, age + 1],
      );
    }
    await worker.redis.hset(tenantKeys(from.id).counters, buckets[3]!, 400, from.counters[0], 9, running, 2);
    await appendOutbox(worker.db.manager, [
      {
        id: uuidv7(),
        type: POLICY_INVALIDATED,
        tenantId: to.id,
        payload: {
          schemaVersion: 1,
          tenantId: to.id,
          epoch: 2,
          keyHashes: [],
          carryOvers: [
            {
              fromTenantId: from.id,
              fromEpoch: 2,
              limitKeys: [requests, tokens, parseCounterId(running).limitKey],
            },
          ],
        } satisfies PolicyInvalidatedPayload,
        createdAt: new Date(Date.now() - 60_000),
      },
    ]);
    await worker.get(OutboxRelay).relay();

    const carried = await worker.redis.hmget(tenantKeys(to.id).counters, ...buckets);
    expect(carried).toEqual(['1', '2', '3', '400', '5', '6', '7', '8', '9', '10', '11']);
    expect(await worker.redis.hmget(tenantKeys(to.id).counters, from.counters[0], running)).toEqual(['9', null]);
  });
});
