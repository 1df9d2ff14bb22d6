import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lockKey, QUEUE_PREFIX, tenantKeys, USAGE_RECORD_QUEUE, type UsageRecord } from '@penstock/dto';
import type { CreatedApp } from '@penstock/platform';
import { waitFor } from '@penstock/testing';
import { Queue } from 'bullmq';

import { isSettled } from '../src/reconciliation/reconciler.js';
import { UsageRecordProcessor } from '../src/usage/usage-record.processor.js';
import { createTenant, putSettled, readWindows, settledCall, type TestTenant } from './support/calls.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { createWorker, startWorker, type WorkerApp } from './support/worker-app.js';

/** The first worker only gives the stores and the truth; the second one, behind the proxies, meets the outages. */
let stores: WorkerApp;
let worker: CreatedApp;
let postgres: TcpProxy;
let redis: TcpProxy;
let queue: Queue;
let env: Record<string, string>;

beforeAll(async () => {
  stores = await startWorker();
  const postgresUrl = new URL(stores.database.url);
  const redisUrl = new URL(stores.redisServer.url);
  postgres = new TcpProxy(postgresUrl.hostname, Number(postgresUrl.port || 5432));
  redis = new TcpProxy(redisUrl.hostname, Number(redisUrl.port));
  await Promise.all([postgres.open(), redis.open()]);
  postgresUrl.hostname = '127.0.0.1';
  postgresUrl.port = String(postgres.port);
  redisUrl.hostname = '127.0.0.1';
  redisUrl.port = String(redis.port);
  queue = new Queue(USAGE_RECORD_QUEUE, { connection: stores.redis, prefix: QUEUE_PREFIX });
  const { worker: consumer } = stores.get(UsageRecordProcessor);
  await consumer.pause();
  // The first worker's turn would last as long as its interval.
  await stores.redis.del(lockKey('sweep'));
  env = {
    DATABASE_URL: postgresUrl.toString(),
    REDIS_URL: redisUrl.toString(),
    PENSTOCK_SWEEP_INTERVAL_MS: '100',
  };
  worker = await createWorker(env);
});

afterAll(async () => {
  await worker.leave();
  await Promise.all([postgres.close(), redis.close()]);
  await queue.close();
  await stores.stop();
});

async function enqueue(tenant: TestTenant, records: readonly UsageRecord[]): Promise<void> {
  await putSettled(stores.redis, ...records);
  await queue.addBulk(
    records.map(({ id }) => ({
      name: USAGE_RECORD_QUEUE,
      data: { schemaVersion: 1, batches: [{ tenantId: tenant.id, ids: [id] }] },
      opts: { attempts: 3, backoff: { type: 'fixed', delay: 50 }, removeOnComplete: true },
    })),
  );
}

function calls(tenant: TestTenant, count: number): UsageRecord[] {
  return Array.from({ length: count }, () => settledCall(tenant));
}

async function waitUntilSettled(tenant: TestTenant): Promise<void> {
  await waitFor(async () => isSettled(await stores.reconciler.check(tenant.id)), {
    what: 'the ledger to have every call',
    timeoutMs: 20_000,
  });
}

describe('PostgreSQL away', () => {
  it('loses nothing, says degraded, and everything is accounted for when it is back', async () => {
    const tenant = await createTenant(stores.db, stores.redis);
    await postgres.close();
    await enqueue(tenant, calls(tenant, 30));
    // Every job fails for good: what brings the calls back is the outbox.
    await waitFor(async () => (await queue.getJobCounts('failed'))['failed'] === 30, {
      what: 'all jobs to fail',
      timeoutMs: 20_000,
    });
    expect(await worker.health.report()).toMatchObject({
      status: 'degraded',
      checks: { postgres: { status: 'failed' } },
    });
    expect(await stores.redis.hlen(tenantKeys(tenant.id).outbox)).toBe(30);
    await postgres.open();
    await waitUntilSettled(tenant);

    expect(await readWindows(stores.db, tenant)).toEqual(['30', '450', '2250000']);
    expect(await worker.health.report()).toMatchObject({ status: 'ok' });
  }, 60_000);

  it('cut in the middle of the work counts nothing twice', async () => {
    const tenant = await createTenant(stores.db, stores.redis);
    await enqueue(tenant, calls(tenant, 200));
    for (let cut = 0; cut < 5; cut += 1) {
      await postgres.close();
      await postgres.open();
    }
    await waitUntilSettled(tenant);
    expect(await readWindows(stores.db, tenant)).toEqual(['200', '3000', '15000000']);
  }, 60_000);
});

describe('a worker that starts before PostgreSQL', () => {
  it('lives, and does the work when it comes', async () => {
    await worker.leave();
    await postgres.close();
    worker = await createWorker(env);
    const tenant = await createTenant(stores.db, stores.redis);
    await enqueue(tenant, calls(tenant, 10));
    expect(await worker.health.report()).toMatchObject({ status: 'degraded' });
    await postgres.open();
    await waitUntilSettled(tenant);

    expect(await readWindows(stores.db, tenant)).toEqual(['10', '150', '750000']);
  }, 60_000);
});

describe('Redis away', () => {
  it('is waited for, and the work goes on where it was', async () => {
    const tenant = await createTenant(stores.db, stores.redis);
    await enqueue(tenant, calls(tenant, 100));
    await redis.close();
    await waitFor(async () => (await worker.health.report()).status === 'unavailable', { what: 'health to notice' });
    await enqueue(tenant, calls(tenant, 100));
    await redis.open();
    await waitUntilSettled(tenant);

    expect(await readWindows(stores.db, tenant)).toEqual(['200', '3000', '15000000']);
  }, 60_000);

  it('at the start is waited for too', async () => {
    await worker.leave();
    await redis.close();
    worker = await createWorker(env);
    const tenant = await createTenant(stores.db, stores.redis);
    await enqueue(tenant, calls(tenant, 10));
    expect(await worker.health.report()).toMatchObject({ status: 'unavailable' });
    await redis.open();
    await waitUntilSettled(tenant);

    expect(await readWindows(stores.db, tenant)).toEqual(['10', '150', '750000']);
  }, 60_000);
});
