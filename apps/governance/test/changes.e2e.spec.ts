import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { POLICY_CHANNEL, snapshotKey } from '@penstock/dto';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { waitFor } from '@penstock/testing';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

describe('a change', () => {
  let app: GovernanceApp;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  const auditOf = async (tenantId: string): Promise<AuditEntryEntity[]> =>
    app.db.getRepository(AuditEntryEntity).find({ where: { tenantId }, order: { position: 'ASC' } });
  const outboxOf = async (tenantId: string): Promise<Json[]> =>
    app.db.query('SELECT * FROM governance.outbox_messages WHERE tenant_id = $1 ORDER BY seq', [tenantId]);

  it('raises the epoch once, with one audit entry and one delivered message', async () => {
    const customer = await app.create('customers', { name: 'A' });
    expect(await app.epochOf(customer.id)).toBe(1);

    const answer = await app.raw('PUT', `/api/governance/customers/${customer.id}`, {});
    expect(answer.status).toBe(401);
    await app.call('PUT', `/customers/${customer.id}`, { name: 'B' });

    expect(await app.epochOf(customer.id)).toBe(2);
    const [created, updated, ...rest] = await auditOf(customer.id);
    expect(rest).toEqual([]);
    expect(created).toMatchObject({ action: 'customer.created', before: null, after: { name: 'A' } });
    expect(updated).toMatchObject({
      action: 'customer.updated',
      actorType: 'operator',
      actorId: 'master-key',
      entityType: 'customer',
      entityId: customer.id,
      before: { name: 'A' },
      after: { name: 'B' },
      ip: '127.0.0.1',
      requestId: expect.any(String),
    });
    const messages = await outboxOf(customer.id);
    expect(messages.map(({ payload }) => payload.epoch)).toEqual([1, 2]);
    expect(messages.every((message) => message.delivered_at !== null)).toBe(true);
  });

  it.each([
    ['a key', 'virtual-keys', 'virtual_key'],
    ['a team', 'teams', 'team'],
  ] as const)('that takes %s to another tenant is in the chains of both', async (name, kind, entityType) => {
    const [from, to] = [await app.create('customers', { name: 'from' }), await app.create('customers', { name: 'to' })];
    const { id } = await app.create(kind, { name: `${name} that moves`, customer_id: from.id });

    await app.call('PUT', `/${kind}/${id}`, { customer_id: to.id });

    const left = (await auditOf(from.id)).at(-1);
    expect(left).toMatchObject({ action: `${entityType}.moved_away`, entityType, entityId: id, after: null });
    expect(left?.before).toMatchObject({ customer_id: from.id });
    expect(JSON.stringify(left)).not.toContain(to.id);
    expect((await auditOf(to.id)).at(-1)).toMatchObject({ action: `${entityType}.updated`, entityId: id });
    for (const tenant of [from, to]) expect(findBrokenLink(await auditOf(tenant.id))).toBe(-1);
  });

  it('that changes nothing leaves no trace', async () => {
    const customer = await app.create('customers', { name: 'same' });

    await app.call('PUT', `/customers/${customer.id}`, { name: 'same', budget: {} });

    expect(await app.epochOf(customer.id)).toBe(1);
    expect(await auditOf(customer.id)).toHaveLength(1);
  });

  it('that is refused late leaves neither rows nor epoch nor audit nor message', async () => {
    const key = await app.create('virtual-keys', { name: 'taken' });
    const other = await app.create('virtual-keys', { name: 'free' });

    const answer = await app.call('PUT', `/virtual-keys/${other.id}`, {
      name: 'taken',
      budget: { max_limit: 1, reset_duration: '1d' },
    });

    expect(answer.status).toBe(400);
    expect(await auditOf(other.id)).toHaveLength(1);
    expect((await app.call('GET', `/virtual-keys/${other.id}`)).body.virtual_key).toEqual(other);
    expect(await app.epochOf(other.id)).toBe(1);
    expect(await outboxOf(other.id)).toHaveLength(1);
    expect(await app.epochOf(key.id)).toBe(1);
  });

  it('rolls back as a whole when the audit entry cannot be written', async () => {
    const customer = await app.create('customers', { name: 'guarded' });
    await app.db.query(
      `ALTER TABLE governance.audit_entries ADD CONSTRAINT ck_test CHECK (action <> 'customer.updated') NOT VALID`,
    );
    try {
      expect((await app.call('PUT', `/customers/${customer.id}`, { name: 'changed' })).status).toBe(500);
    } finally {
      await app.db.query('ALTER TABLE governance.audit_entries DROP CONSTRAINT ck_test');
    }

    expect((await app.call('GET', `/customers/${customer.id}`)).body.customer).toEqual(customer);
    expect(await app.epochOf(customer.id)).toBe(1);
    expect(await outboxOf(customer.id)).toHaveLength(1);
  });

  it('keeps an unbroken audit chain under concurrent changes of one tenant', async () => {
    const customer = await app.create('customers', { name: 'busy' });
    const team = await app.create('teams', { name: 'busy', customer_id: customer.id });

    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        if (index % 3 === 0) return app.call('PUT', `/customers/${customer.id}`, { name: `busy ${index}` });
        if (index % 3 === 1) return app.call('PUT', `/teams/${team.id}`, { name: `busy ${index}` });
        return app.call('POST', '/virtual-keys', { name: `busy ${index}`, team_id: team.id });
      }),
    );

    expect(answers.every(({ status }) => status === 200 || status === 201)).toBe(true);
    const chain = await auditOf(customer.id);
    expect(chain).toHaveLength(14);
    expect(findBrokenLink(chain)).toBe(-1);
    expect(await app.epochOf(customer.id)).toBe(14);
    const forge = (): Promise<unknown> =>
      app.db.query(`UPDATE governance.audit_entries SET after = '{"name":"forged"}' WHERE id = $1`, [chain[5]?.id]);
    await expect(forge()).rejects.toThrow('append-only');
    // Who owns the table can take the trigger away; the chain tells all the same.
    await app.db.query('ALTER TABLE governance.audit_entries DISABLE TRIGGER tr_audit_entries_append_only');
    await forge();
    expect(findBrokenLink(await auditOf(customer.id))).toBe(5);
  });

  it('is published, raises the resident epoch and drops the snapshot', async () => {
    const key = await app.create('virtual-keys', { name: 'watched' });
    const hash = app.hashOf(key.value);
    await app.internal('GET', `/policies/${hash}`);
    await app.internal('POST', `/tenants/${key.id}/load`);
    expect(await app.redis.exists(snapshotKey(hash))).toBe(1);
    const heard: string[] = [];
    const subscriber = app.redis.duplicate();
    await subscriber.subscribe(POLICY_CHANNEL);
    subscriber.on('message', (_channel, message) => heard.push(message));

    await app.call('PUT', `/virtual-keys/${key.id}`, { is_active: false });

    expect(await app.redis.exists(snapshotKey(hash))).toBe(0);
    expect(await app.redis.hget(`penstock:v1:{${key.id}}:counters`, 'epoch')).toBe('2');
    await waitFor(() => heard.length > 0, { what: 'the invalidation message' });
    expect(JSON.parse(heard[0] ?? '')).toEqual({
      type: 'policy.invalidated',
      schemaVersion: 1,
      tenantId: key.id,
      epoch: 2,
    });
    subscriber.disconnect();
  });

  describe('while Redis is away', () => {
    let customer: Json;
    beforeEach(async () => {
      customer = await app.create('customers', { name: 'away', budget: { max_limit: 5, reset_duration: '1d' } });
    });

    it('commits, says that propagation is pending, and keeps the message', async () => {
      await app.redisServer.kill();
      try {
        const answer = await app.call('PUT', `/customers/${customer.id}`, { name: 'changed' });

        expect(answer).toMatchObject({ status: 200, headers: { 'x-penstock-propagation': 'pending' } });
        expect(answer.body.customer.name).toBe('changed');
        const messages = await outboxOf(customer.id);
        expect(messages.map((message) => message.delivered_at === null)).toEqual([false, true]);
        expect((await app.call('GET', `/customers/${customer.id}`)).status).toBe(200);
        expect((await app.call('GET', '/debug/health')).status).toBe(503);
        expect((await app.call('GET', '/debug/stats')).body.plugin_stats).toMatchObject({
          is_store_reachable: false,
          changes_pending: 1,
        });
      } finally {
        await app.redisServer.restart();
      }
      await waitFor(async () => (await app.call('GET', '/debug/health')).status === 200, { what: 'Redis to be back' });
    });
  });
});
