import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QUEUE_PREFIX, tenantKeys, USAGE_RECORD_QUEUE, type UsageRecord } from '@penstock/dto';
import { createDataSource } from '@penstock/entities';
import { AdmissionStore } from '@penstock/platform';
import { type Stack, startStack, waitFor } from '@penstock/testing';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

import { isSettled, Reconciler } from '../src/reconciliation/reconciler.js';
import { createTenant, putSettled, readWindows, settledCall, type TestTenant } from './support/calls.js';

const CALLS = 4_000;
const CALLS_PER_JOB = 50;

let stack: Stack;
let redis: Redis;
let db: DataSource;
let queue: Queue;
let reconciler: Reconciler;

beforeAll(async () => {
  stack = await startStack({
    gateways: 0,
    governance: false,
    admin: false,
    simulator: false,
    workers: 2,
    env: { PENSTOCK_SWEEP_INTERVAL_MS: '500' },
  });
  redis = new Redis(stack.redisUrl);
  db = await createDataSource({ url: stack.databaseUrl, applicationName: 'crashes-test' }).initialize();
  queue = new Queue(USAGE_RECORD_QUEUE, { connection: redis, prefix: QUEUE_PREFIX });
  reconciler = new Reconciler(redis, new AdmissionStore(redis, { deadlineMs: 5_000 }), db, 30);
}, 60_000);

afterAll(async () => {
  await queue.close();
  redis.disconnect();
  await db.destroy();
  await stack.stop();
}, 60_000);

async function enqueueCalls(tenant: TestTenant): Promise<void> {
  const records: UsageRecord[] = Array.from({ length: CALLS }, () => settledCall(tenant));
  await Promise.all(records.map((record) => putSettled(redis, record)));
  const jobs = [];
  for (let from = 0; from < CALLS; from += CALLS_PER_JOB) {
    const ids = records.slice(from, from + CALLS_PER_JOB).map(({ id }) => id);
    jobs.push({ name: USAGE_RECORD_QUEUE, data: { schemaVersion: 1, batches: [{ tenantId: tenant.id, ids }] } });
  }
  await queue.addBulk(jobs);
}

async function waitForFirstEvents(tenant: TestTenant): Promise<void> {
  await waitFor(async () => (await redis.hlen(tenantKeys(tenant.id).outbox)) < CALLS, {
    what: 'the worker to be in the middle of it',
    intervalMs: 1,
  });
}

async function waitUntilSettled(tenant: TestTenant): Promise<void> {
  await waitFor(async () => isSettled(await reconciler.check(tenant.id)), {
    what: 'the ledger to have every call',
    timeoutMs: 40_000,
  });
  expect(await readWindows(db, tenant)).toEqual([String(CALLS), String(CALLS * 15), String(CALLS * 75_000)]);
}

describe('worker processes', () => {
  it('killed in the middle of the work lose and double nothing', async () => {
    const tenant = await createTenant(db, redis);
    await enqueueCalls(tenant);
    await waitForFirstEvents(tenant);
    await Promise.all(stack.workers.map((worker) => worker.kill('SIGKILL')));
    await Promise.all(stack.workers.map((worker) => worker.restart()));
    await waitUntilSettled(tenant);
  }, 90_000);

  it('told to stop finish what they began and leave the rest to the others', async () => {
    const [leaving] = stack.workers;
    const tenant = await createTenant(db, redis);
    await enqueueCalls(tenant);
    await waitForFirstEvents(tenant);
    const exit = await leaving?.kill('SIGTERM');
    expect(exit).toMatchObject({ code: 0 });
    await waitUntilSettled(tenant);
    expect(leaving?.logs()).toContain('"stopped"');
    await leaving?.restart();
  }, 90_000);
});
