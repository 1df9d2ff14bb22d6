import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import { QUEUE_PREFIX, tenantKeys, USAGE_RECORD_QUEUE, type UsageRecord } from '@penstock/dto';
import { waitFor } from '@penstock/testing';
import { Queue, UnrecoverableError } from 'bullmq';

import { isSettled } from '../src/reconciliation/reconciler.js';
import { UsageRecordProcessor } from '../src/usage/usage-record.processor.js';
import { UsageRecorder } from '../src/usage/usage-recorder.js';
import { createTenant, putSettled, readCounters, readWindows, settledCall, type TestTenant } from './support/calls.js';
import { startWorker, type WorkerApp } from './support/worker-app.js';

let worker: WorkerApp;
let queue: Queue;
let tenant: TestTenant;

beforeAll(async () => {
  worker = await startWorker();
  queue = new Queue(USAGE_RECORD_QUEUE, { connection: worker.redis, prefix: QUEUE_PREFIX });
});

afterAll(async () => {
  await queue.close();
  await worker.stop();
});

beforeEach(async () => {
  tenant = await createTenant(worker.db, worker.redis);
});

function jobOf(...records: readonly UsageRecord[]): {
  schemaVersion: 1;
  batches: { tenantId: string; ids: string[] }[];
} {
  return { schemaVersion: 1, batches: [{ tenantId: tenant.id, ids: records.map(({ id }) => id) }] };
}

async function process(...records: readonly UsageRecord[]): Promise<void> {
  await worker.get(UsageRecordProcessor).process({ data: jobOf(...records) });
}

async function countEvents(): Promise<number> {
  const [row] = await worker.db.query<{ count: number }[]>(
    'SELECT count(*)::int AS count FROM ledger.usage_events WHERE tenant_id = $1',
    [tenant.id],
  );
  return row?.count ?? -1;
}

function outboxSize(): Promise<number> {
  return worker.redis.hlen(tenantKeys(tenant.id).outbox);
}

describe('a usage-record job', () => {
  it('writes events, windows and days in PostgreSQL and empties the outbox', async () => {
    const calls = [
      settledCall(tenant),
      settledCall(tenant, { isEstimated: true, outcome: 'client_gone', costNanoUsd: '9007199254740993' }),
    ];
    await putSettled(worker.redis, ...calls);
    await queue.add(USAGE_RECORD_QUEUE, jobOf(...calls));
    await waitFor(async () => (await outboxSize()) === 0, { what: 'the outbox to be empty' });

    expect(await readWindows(worker.db, tenant)).toEqual(['2', '30', '9007199254815993']);
    const days = await worker.db.query(
      'SELECT provider, model, calls, calls_estimated, input_tokens, output_tokens, tokens, cost_nano_usd FROM ledger.usage_daily WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(days).toEqual([
      {
        provider: 'openai',
        model: 'gpt-4o',
        calls: '2',
        calls_estimated: '1',
        input_tokens: '20',
        output_tokens: '10',
        tokens: '30',
        cost_nano_usd: '9007199254815993',
      },
    ]);
    expect(isSettled(await worker.reconciler.check(tenant.id))).toBe(true);
  });

  it('keeps the sums of months and of the days of a tenant equal to those of the days', async () => {
    const [first, second] = ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00Z'].map((at) => Date.parse(at));
    const calls = [first, first, second, second].map((startedAtMs, index) =>
      settledCall(tenant, {
        startedAtMs: startedAtMs ?? 0,
        modelSent: `model-${index % 2}`,
        keyId: index === 0 ? tenant.keyId : uuidv7(),
        clientCostNanoUsd: '9007199254740993',
      }),
    );
    await putSettled(worker.redis, ...calls);
    await process(...calls.slice(0, 2));
    await Promise.all([process(...calls), process(...calls.toReversed())]);

    const sums =
      'sum(calls) AS calls, sum(tokens) AS tokens, sum(client_cost_nano_usd) AS cost, sum(credits) AS credits';
    const read = async (columns: string, table: string): Promise<unknown[]> =>
      worker.db.query(
        `SELECT ${columns}, ${sums} FROM ledger.${table} WHERE tenant_id = $1 GROUP BY ${columns} ORDER BY ${columns}`,
        [tenant.id],
      );
    const days = await read('day', 'usage_daily');
    expect(days).toMatchObject([{ calls: '2', cost: '18014398509481986' }, { calls: '2' }]);
    expect(await read('day', 'usage_tenant_daily')).toEqual(days);
    const months = await worker.db.query(
      `SELECT date_trunc('month', day)::date AS month, team_id, model, ${sums} FROM ledger.usage_daily
       WHERE tenant_id = $1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      [tenant.id],
    );
    expect(months).toHaveLength(4);
    expect(await read('month, team_id, model', 'usage_monthly')).toEqual(months);
  });

  it('keeps the latest use of each value of a key, in whatever order the calls come', async () => {
    const [first, second] = [uuidv7(), uuidv7()];
    const atMs = 1_790_000_000_000;
    const used = (secretId: string, startedAtMs: number): UsageRecord => settledCall(tenant, { secretId, startedAtMs });
    const late = [used(first, atMs + 5), used(second, atMs + 1), settledCall(tenant)];
    const early = [used(first, atMs), used(second, atMs + 2)];
    for (const calls of [late, early, late]) {
      await putSettled(worker.redis, ...calls);
      await process(...calls);
    }

    const uses = await worker.db.query<{ secret_id: string; last_used_at: Date }[]>(
      'SELECT secret_id, last_used_at FROM ledger.secret_uses WHERE secret_id = ANY($1)',
      [[first, second]],
    );
    expect(new Map(uses.map((use) => [use.secret_id, use.last_used_at.getTime()]))).toEqual(
      new Map([
        [first, atMs + 5],
        [second, atMs + 2],
      ]),
    );
    expect(await countEvents()).toBe(5);
  });

  it('counts once when it is delivered twice, at the same time or later', async () => {
    const calls = Array.from({ length: 50 }, () => settledCall(tenant));
    await putSettled(worker.redis, ...calls);
    await Promise.all([process(...calls), process(...calls.toReversed()), process(...calls.slice(10))]);
    await process(...calls);

    expect(await countEvents()).toBe(50);
    expect(await readWindows(worker.db, tenant)).toEqual(['50', '750', '3750000']);
  });

  it('counts once when the worker died between the commit and the outbox', async () => {
    const call = settledCall(tenant);
    await putSettled(worker.redis, call);
    const entry = await worker.redis.hget(tenantKeys(tenant.id).outbox, call.id);
    await process(call);
    await worker.redis.hset(tenantKeys(tenant.id).outbox, call.id, entry ?? '');
    await process(call);

    expect(await countEvents()).toBe(1);
    expect(await readWindows(worker.db, tenant)).toEqual(['1', '15', '75000']);
    expect(await outboxSize()).toBe(0);
  });

  it('is unrecoverable when its payload has not the agreed shape', async () => {
    const processor = worker.get(UsageRecordProcessor);
    const data = { schemaVersion: 1, batches: [{ tenantId: tenant.id, ids: ['not-a-uuid'] }] };
    await expect(processor.process({ data })).rejects.toThrow(UnrecoverableError);

    const job = await queue.add(USAGE_RECORD_QUEUE, { schemaVersion: 9 }, { attempts: 10 });
    await waitFor(() => job.isFailed(), { what: 'the job to fail' });
    expect((await queue.getJob(job.id ?? ''))?.attemptsMade).toBe(1);
  });

  it('sets unreadable entries aside and accounts for their neighbours', async () => {
    const good = settledCall(tenant);
    const unreadable = settledCall(tenant);
    await putSettled(worker.redis, good);
    await worker.redis.hset(tenantKeys(tenant.id).outbox, unreadable.id, 'N{"id":\0');
    await process(good, unreadable);

    expect(await countEvents()).toBe(1);
    expect(await outboxSize()).toBe(0);
    const rejected = await worker.db.query(
      'SELECT record_id, reason FROM ledger.rejected_records WHERE tenant_id = $1',
      [tenant.id],
    );
    expect(rejected).toEqual([{ record_id: unreadable.id, reason: 'the record is not JSON' }]);
    await worker.db.query('DELETE FROM ledger.rejected_records');
  });

  it('sets aside the one record that PostgreSQL refuses', async () => {
    const calls = Array.from({ length: 9 }, () => settledCall(tenant));
    // Fits its own column, not the sum of the day.
    const culprit = settledCall(tenant, { costNanoUsd: '9'.repeat(38), counters: [] });
    await putSettled(worker.redis, ...calls, culprit);
    await process(...calls, culprit);

    expect(await countEvents()).toBe(9);
    expect(await outboxSize()).toBe(0);
    const [row] = await worker.db.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM ledger.rejected_records',
    );
    expect(row?.count).toBe(1);
    await worker.db.query('DELETE FROM ledger.rejected_records');
  });

  it('puts a call of a month without partition into the default one, and moves it when the partition comes', async () => {
    const startedAtMs = Date.UTC(2031, 4, 31, 23, 59, 59, 999);
    await putSettled(worker.redis, settledCall(tenant, { startedAtMs }));
    await process(...(await outboxRecords()));
    const partitionOf = async (): Promise<unknown> =>
      worker.db.query('SELECT tableoid::regclass::text AS partition FROM ledger.usage_events WHERE tenant_id = $1', [
        tenant.id,
      ]);

    expect(await partitionOf()).toEqual([{ partition: 'ledger.usage_events_default' }]);
    await worker.db.query(`SELECT ledger.ensure_partitions((extract(year FROM age('2031-06-01', now())) * 12
      + extract(month FROM age('2031-06-01', now())))::int + 1)`);
    expect(await partitionOf()).toEqual([{ partition: 'ledger.usage_events_2031_05' }]);
    expect(await readWindows(worker.db, tenant)).toEqual(['1', '15', '75000']);
  });
});

async function outboxRecords(): Promise<UsageRecord[]> {
  const entries = await worker.redis.hvals(tenantKeys(tenant.id).outbox);
  return entries.map((entry) => JSON.parse(entry.slice(1)) as UsageRecord);
}

describe('a late record', () => {
  async function putLate(record: UsageRecord): Promise<void> {
    await worker.redis.hset(tenantKeys(tenant.id).outbox, record.id, `L${JSON.stringify(record)}`);
  }

  it('that is the first account of its call is added to the counters, once', async () => {
    const call = settledCall(tenant);
    await putLate(call);
    await Promise.all([process(call), process(call)]);
    await process(call);

    expect(await readCounters(worker.redis, tenant)).toEqual(['1', '15', '75000']);
    expect(await readWindows(worker.db, tenant)).toEqual(['1', '15', '75000']);
    expect(isSettled(await worker.reconciler.check(tenant.id))).toBe(true);
  });

  it('reaches the counters although the worker died after the commit', async () => {
    const call = settledCall(tenant);
    await putLate(call);
    await process(call);
    // As if it had died: the event is marked, the entry is back, the counters are not told.
    await worker.db.query('UPDATE ledger.usage_events SET is_counter_pending = true WHERE id = $1', [call.id]);
    await worker.redis.hdel(tenantKeys(tenant.id).counters, ...tenant.counters);
    await putLate(call);
    expect((await worker.reconciler.check(tenant.id)).drifts).toEqual([]);
    await process(call);

    expect(await readCounters(worker.redis, tenant)).toEqual(['1', '15', '75000']);
    expect(await countEvents()).toBe(1);
    expect(isSettled(await worker.reconciler.check(tenant.id))).toBe(true);
  });

  it('of a call that the sweeper charged changes nothing', async () => {
    const charged = settledCall(tenant, {
      outcome: 'orphaned',
      isEstimated: true,
      tokens: 400,
      costNanoUsd: '2000000',
    });
    await putSettled(worker.redis, charged);
    await process(charged);
    await putLate({ ...charged, outcome: 'completed', isEstimated: false, tokens: 15, costNanoUsd: '75000' });
    await process(charged);

    expect(await readCounters(worker.redis, tenant)).toEqual(['1', '400', '2000000']);
    expect(await readWindows(worker.db, tenant)).toEqual(['1', '400', '2000000']);
    expect(await outboxSize()).toBe(0);
  });

  it('of a tenant that is not resident is left to its loading', async () => {
    const call = settledCall(tenant);
    await worker.redis.del(tenantKeys(tenant.id).counters);
    await putLate(call);
    await process(call);

    expect(await readCounters(worker.redis, tenant)).toEqual([null, null, null]);
    expect(await readWindows(worker.db, tenant)).toEqual(['1', '15', '75000']);
    expect(await outboxSize()).toBe(0);
  });
});

describe('UsageRecorder', () => {
  it('ignores ids whose entries are gone', async () => {
    await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [uuidv7(), uuidv7()] }]);
    expect(await countEvents()).toBe(0);
  });
});
