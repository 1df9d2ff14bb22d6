import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EPOCH_FIELD, ownerKey, tenantKeys } from '@penstock/dto';

import { UsageRecorder } from '../src/usage/usage-recorder.js';
import { createTenant, putHold, putSettled, readCounters, settledCall, type TestTenant } from './support/calls.js';
import { startWorker, type WorkerApp } from './support/worker-app.js';

const CLI = path.join(path.dirname(fileURLToPath(import.meta.url)), '../dist/reconcile-cli.js');

let worker: WorkerApp;
let tenant: TestTenant;

beforeAll(async () => {
  worker = await startWorker();
});

afterAll(async () => {
  await worker.stop();
});

/** A tenant with one accounted call of 15 tokens and 75,000 nano-dollars. */
beforeEach(async () => {
  await worker.redis.flushdb();
  tenant = await createTenant(worker.db, worker.redis);
  const call = settledCall(tenant);
  await putSettled(worker.redis, call);
  await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [call.id] }]);
});

function reconcile(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env['PATH'], DATABASE_URL: worker.database.url, REDIS_URL: worker.redisServer.url };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

describe('reconcile', () => {
  it('finds nothing when Redis equals PostgreSQL', async () => {
    expect(await reconcile()).toEqual({
      code: 0,
      out: 'ok: Redis equals PostgreSQL (1 tenants, 3 counters)\n',
      err: '',
    });
  });

  it('shows a drift of one nano-dollar and repairs it', async () => {
    await worker.redis.hincrby(tenantKeys(tenant.id).counters, tenant.counters[2], -1);
    const checked = await reconcile('--check');
    expect(checked.code).toBe(1);
    expect(checked.out).toContain(
      `drift   tenant ${tenant.id} counter ${tenant.counters[2]}: redis 0.000074999 USD ` +
        '(expected 0.000075000 USD, held 0.000000000 USD), postgres 0.000075000 USD, events 0.000075000 USD',
    );

    expect(await reconcile('--repair')).toMatchObject({ code: 0 });
    expect(await readCounters(worker.redis, tenant)).toEqual(['1', '15', '75000']);
    expect(await reconcile('--check')).toMatchObject({ code: 0 });
  });

  it('brings back counters that Redis lost, with what calls in flight hold', async () => {
    await worker.redis.set(ownerKey('alive'), '1');
    await putHold(worker.redis, tenant, { ownerId: 'alive', isDispatched: true });
    await worker.redis.hdel(tenantKeys(tenant.id).counters, ...tenant.counters);
    await worker.redis.hset(tenantKeys(tenant.id).counters, EPOCH_FIELD, 0);

    const json = JSON.parse((await reconcile('--json')).out) as Record<string, unknown>;
    expect(json).toMatchObject({
      ok: false,
      open_holds: 1,
      stale_epochs: [{ tenant_id: tenant.id, redis: 0, postgres: 1 }],
      drifts: expect.arrayContaining([
        {
          tenant_id: tenant.id,
          counter: tenant.counters[2],
          unit: 'nano_usd',
          redis: null,
          expected: '2075000',
          held: '2000000',
          postgres: '75000',
          events: '75000',
        },
      ]),
    });
    expect(await reconcile('--repair', '--tenant', tenant.id)).toMatchObject({ code: 0 });
    expect(await readCounters(worker.redis, tenant)).toEqual(['2', '415', '2075000']);
    expect(await worker.redis.hget(tenantKeys(tenant.id).counters, EPOCH_FIELD)).toBe('1');
  });

  it('agrees on every unit, and repairs a wrong number of concurrent requests', async () => {
    await worker.redis.set(ownerKey('alive'), '1');
    const every = [...tenant.counters, ...tenant.moreCounters];
    const call = settledCall(tenant, { counters: every });
    await putSettled(worker.redis, call);
    await worker.get(UsageRecorder).record([{ tenantId: tenant.id, ids: [call.id] }]);
    await putHold(worker.redis, tenant, { ownerId: 'alive', isDispatched: true, counters: every });
    expect(JSON.parse((await reconcile('--json')).out)).toMatchObject({ drifts: [], open_holds: 1 });

    const running = tenant.moreCounters[2];
    await worker.redis.hincrby(tenantKeys(tenant.id).counters, running, 4);
    expect(JSON.parse((await reconcile('--json')).out)).toMatchObject({
      drifts: [{ counter: running, unit: 'concurrent_requests', redis: '5', expected: '1', held: '1', postgres: '0' }],
    });
    expect(await reconcile('--repair')).toMatchObject({ code: 0 });
    await worker.redis.hdel(tenantKeys(tenant.id).counters, running);
    expect(JSON.parse((await reconcile('--json')).out)).toMatchObject({ drifts: [{ counter: running, redis: null }] });
    expect(await reconcile('--repair')).toMatchObject({ code: 0 });
    expect(await readCounters(worker.redis, tenant, every)).toEqual(['3', '430', '2150000', '260', '155', '1']);
  });

  it('is not satisfied while calls are in flight or wait for the ledger', async () => {
    await putSettled(worker.redis, settledCall(tenant));
    const { code, out } = await reconcile();
    expect(code).toBe(1);
    expect(out).toBe(
      'open    1 settled calls that PostgreSQL does not have yet\n' +
        'not reconciled (1 tenants, 3 counters, 0 drifts)\n',
    );
  });

  it('shows a window in PostgreSQL that is not the sum of its events', async () => {
    await worker.db.query('UPDATE ledger.limit_windows SET used = used + 1 WHERE counter_id = $1', [
      tenant.counters[1],
    ]);
    const { code, out } = await reconcile('--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      drifts: [
        { tenant_id: tenant.id, counter: tenant.counters[1], redis: '15', expected: '16' },
        { tenant_id: null, counter: tenant.counters[1], postgres: '16', events: '15' },
      ],
    });
    await worker.db.query('UPDATE ledger.limit_windows SET used = used - 1 WHERE counter_id = $1', [
      tenant.counters[1],
    ]);
  });

  it('says in one sentence what keeps it from working', async () => {
    expect(await reconcile('--nonsense')).toMatchObject({ code: 2, err: expect.stringContaining("'--nonsense'") });
    const { code, err } = await new Promise<{ code: number; err: string }>((resolve) => {
      const env = {
        PATH: process.env['PATH'],
        DATABASE_URL: 'postgres://127.0.0.1:1/x',
        REDIS_URL: worker.redisServer.url,
      };
      execFile(process.execPath, [CLI], { env }, (error, _, text) => resolve({ code: Number(error?.code), err: text }));
    });
    expect(code).toBe(2);
    expect(err).toMatch(/^reconcile: .*ECONNREFUSED/);
  });
});
