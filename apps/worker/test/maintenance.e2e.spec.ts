import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
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
import { OutboxRelay } from '../src/relay/outbox-relay.js';
import { createTenant, putHold, type TestTenant } from './support/calls.js';
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
  it('removes history, keeps open windows and whatever a call in flight holds', async () => {
    const tenant = await createTenant(worker.db, worker.redis);
    const { counters } = tenantKeys(tenant.id);
    const ago = (days: number): string => (tenant.windowStartMs - days * DAY_MS).toString(36);
    const budget = tenant.counters[2].split('.')[0] ?? '';
    const ended = `${budget}.0.${ago(3)}`;
    const endedButHeld = `${budget}.0.${ago(2)}`;
    const endedJustNow = `${budget}.0.${ago(1)}`;
    await worker.redis.hset(
      counters,
      ended,
      5,
      endedButHeld,
      6,
      endedJustNow,
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
      [EPOCH_FIELD, endedButHeld, endedJustNow, ...tenant.counters].toSorted(),
    );
  });
});
