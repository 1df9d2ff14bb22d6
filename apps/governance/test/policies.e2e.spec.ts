import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { counterId, countersAt, type LimitSpec, parseCounterId, windowAt } from '@penstock/domain';
import { NEGATIVE_SNAPSHOT, SNAPSHOT_VERSION, snapshotKey, tenantKeys, TENANTS_KEY } from '@penstock/dto';
import { waitFor } from '@penstock/testing';

import { type GovernanceApp, type Json, SERVICE_TOKEN, startGovernance } from './support/governance-app.js';

const DAY_MS = 86_400_000;

describe('policies for gateways', () => {
  let app: GovernanceApp;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  const lookUp = async (keyValue: string): Promise<Json> =>
    (await app.internal('GET', `/policies/${app.hashOf(keyValue)}`)).body;
  const load = async (tenantId: string): Promise<Json> =>
    (await app.internal('POST', `/tenants/${tenantId}/load`)).body;
  const counter = (limit: LimitSpec): string => counterId(limit, windowAt(limit.window, app.clock.now()));
  const counters = (tenantId: string): string => tenantKeys(tenantId).counters;

  it('are closed to operators and to nobody', async () => {
    const path = `/internal/policies/${'0'.repeat(64)}`;

    expect((await app.raw('GET', path, { 'x-admin-key': 'master-key-of-the-test' })).status).toBe(401);
    expect((await app.raw('GET', path, {})).status).toBe(401);
    expect((await app.raw('GET', path, { authorization: `Bearer ${SERVICE_TOKEN}` })).status).toBe(200);
  });

  it('hold every limit on the path, key before team before customer', async () => {
    const customer = await app.create('customers', { name: 'C', budget: { max_limit: 0.5, reset_duration: '1M' } });
    const team = await app.create('teams', {
      name: 'T',
      customer_id: customer.id,
      rate_limit: { request_max_limit: 3, request_reset_duration: '1m' },
    });
    const key = await app.create('virtual-keys', {
      name: 'K',
      team_id: team.id,
      allowed_models: ['m'],
      budget: { max_limit: 100, reset_duration: '1d' },
      rate_limit: { token_max_limit: 10, token_reset_duration: '30s' },
    });

    const { found, snapshot } = await lookUp(key.value);

    expect(found).toBe(true);
    const anchorMs = Date.parse(key.created_at);
    expect(snapshot).toEqual({
      schemaVersion: SNAPSHOT_VERSION,
      tenantId: customer.id,
      epoch: 3,
      keyId: key.id,
      keyName: 'K',
      secretId: key.secrets[0].id,
      isActive: true,
      expiresAtMs: null,
      teamId: team.id,
      customerId: customer.id,
      allowedModels: ['m'],
      allowedProviders: null,
      providerConfigs: [],
      suspension: null,
      streamPolicy: 'finish',
      allowedIps: null,
      tags: [],
      limits: [
        expect.objectContaining({
          key: expect.stringMatching(/^t/),
          unit: 'tokens',
          entity: 'virtual_key',
          entityName: 'K',
          cap: '10',
          generation: 1,
          window: { kind: 'rolling', durationMs: 30_000, anchorMs },
          durationText: '30s',
        }),
        expect.objectContaining({ unit: 'nano_usd', entity: 'virtual_key', cap: '1000000000' }),
        expect.objectContaining({ unit: 'requests', entity: 'team', entityId: team.id, cap: '3' }),
        expect.objectContaining({ unit: 'nano_usd', entity: 'customer', entityName: 'C', cap: '5000000' }),
      ],
      priceOverrides: [],
      priceBook: [],
      credit: null,
      modelRoutes: null,
      providerCredentials: [],
    });
    expect(JSON.parse((await app.redis.get(snapshotKey(app.hashOf(key.value)))) ?? '')).toEqual(snapshot);
  });

  it('name the tenant: customer, else team, else key', async () => {
    const team = await app.create('teams', { name: 'own tenant' });
    const ofTeam = await app.create('virtual-keys', { name: 'of a team', team_id: team.id });
    const alone = await app.create('virtual-keys', { name: 'alone', is_active: false });

    expect((await lookUp(ofTeam.value)).snapshot).toMatchObject({ tenantId: team.id, customerId: null });
    expect((await lookUp(alone.value)).snapshot).toMatchObject({ tenantId: alone.id, isActive: false, limits: [] });
  });

  it('remember an unknown key for five seconds, and forget it when a key is created', async () => {
    expect(await lookUp('sk-bf-unknown')).toEqual({ found: false });
    const unknown = snapshotKey(app.hashOf('sk-bf-unknown'));
    expect(await app.redis.get(unknown)).toBe(NEGATIVE_SNAPSHOT);
    expect(await app.redis.pttl(unknown)).toBeGreaterThan(4_000);
    expect(await app.redis.pttl(unknown)).toBeLessThanOrEqual(5_000);

    const key = await app.create('virtual-keys', { name: 'looked up before' });
    await app.redis.set(snapshotKey(app.hashOf(key.value)), NEGATIVE_SNAPSHOT);
    await app.call('PUT', `/virtual-keys/${key.id}`, { description: 'any change drops it' });
    expect(await app.redis.exists(snapshotKey(app.hashOf(key.value)))).toBe(0);
    expect((await lookUp(key.value)).found).toBe(true);
  });

  it('never let a late negative answer hide a snapshot, nor an old snapshot a newer one', async () => {
    const key = await app.create('virtual-keys', { name: 'raced' });
    const { snapshot } = await lookUp(key.value);
    const stored = snapshotKey(app.hashOf(key.value));
    const newer = JSON.stringify({ ...snapshot, epoch: snapshot.epoch + 5 });
    await app.redis.set(stored, newer);

    await lookUp(key.value);

    expect(await app.redis.get(stored)).toBe(newer);
  });

  it('put an epoch in force whose announcement was lost', async () => {
    const key = await app.create('virtual-keys', { name: 'unannounced' });
    await load(key.id);
    await app.db.query('UPDATE governance.tenants SET epoch = 9 WHERE id = $1', [key.id]);

    await lookUp(key.value);

    expect(await app.redis.hget(counters(key.id), 'epoch')).toBe('9');
  });

  describe('loading a tenant', () => {
    it('brings the ledger of the current windows and the epoch, and may be repeated', async () => {
      const key = await app.create('virtual-keys', {
        name: 'loaded',
        budget: { max_limit: 100, reset_duration: '1d' },
        rate_limit: { request_max_limit: 5, request_reset_duration: '1h' },
      });
      const { snapshot } = await lookUp(key.value);
      const [requests, budget] = snapshot.limits as [LimitSpec, LimitSpec];
      await record(counter(budget), budget, '123456789');
      await record(`${budget.key}.1.old`, budget, '5', app.clock.now() - DAY_MS);

      expect(await load(key.id)).toEqual({ tenantId: key.id, epoch: 1, counters: 1 });
      expect(await app.redis.hgetall(counters(key.id))).toEqual({ epoch: '1', [counter(budget)]: '123456789' });
      expect(await app.redis.sismember(TENANTS_KEY, key.id)).toBe(1);

      await app.redis.hset(counters(key.id), { [counter(budget)]: '999', [counter(requests)]: '2' });
      await load(key.id);
      expect(await app.redis.hget(counters(key.id), counter(budget))).toBe('999');
      const { virtual_key } = (await app.call('GET', `/virtual-keys/${key.id}`)).body;
      expect(virtual_key.rate_limit.request_current_usage).toBe(2);
      expect(virtual_key.budget.current_usage).toBeCloseTo(0.0000999, 12);
    });

    it('brings every window that a decision reads: buckets of a sliding window, the one before of a budget', async () => {
      const key = await app.create('virtual-keys', {
        name: 'loaded with history',
        budget: { max_limit: 100, reset_duration: '10ms' },
        rate_limit: { token_max_limit: 5, token_reset_duration: '100h', window_type: 'sliding' },
      });
      const limits = (await lookUp(key.value)).snapshot.limits as LimitSpec[];
      app.clock.advance(1_000 * 3_600_000);
      const read = limits.flatMap((limit) => countersAt(limit, app.clock.now()).map((id) => [id, limit] as const));
      expect(read).toHaveLength(11 + 2);
      for (const [id, limit] of read) await record(id, limit, '3', parseCounterId(id).windowStartMs);
      await load(key.id);
      const loaded = await app.redis.hgetall(counters(key.id));
      for (const [id] of read) expect([id, loaded[id]]).toEqual([id, '3']);
    });

    it('takes all buckets of a sliding window along to another tenant', async () => {
      const customer = await app.create('customers', { name: 'home of buckets' });
      const key = await app.create('virtual-keys', {
        name: 'sliding and moving',
        rate_limit: { token_max_limit: 5, token_reset_duration: '100h', window_type: 'sliding' },
      });
      const [limit] = (await lookUp(key.value)).snapshot.limits as [LimitSpec];
      const ids = countersAt(limit, app.clock.now());
      for (const id of ids) await record(id, limit, '4', parseCounterId(id).windowStartMs);
      await load(customer.id);
      await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: customer.id });
      expect(await app.redis.hmget(counters(customer.id), ...ids)).toEqual(ids.map(() => '4'));
    });

    it('answers 404 for what was never a tenant', async () => {
      expect((await app.internal('POST', '/tenants/01890000-0000-7000-8000-000000000000/load')).status).toBe(404);
      expect((await app.internal('POST', '/tenants/nobody/load')).status).toBe(404);
    });
  });

  describe('a key that moves to another tenant', () => {
    it('takes its usage along before the new policy is served, and both epochs rise', async () => {
      const [from, to] = [
        await app.create('customers', { name: 'from' }),
        await app.create('customers', { name: 'to' }),
      ];
      const key = await app.create('virtual-keys', {
        name: 'moving',
        customer_id: from.id,
        budget: { max_limit: 100, reset_duration: '1d' },
      });
      const [budget] = (await lookUp(key.value)).snapshot.limits as [LimitSpec];
      await load(from.id);
      await load(to.id);
      await app.redis.hset(counters(from.id), counter(budget), '9007199254740993000');
      const epochs = [await app.epochOf(from.id), await app.epochOf(to.id)];

      await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: to.id });

      expect([await app.epochOf(from.id), await app.epochOf(to.id)]).toEqual(epochs.map((epoch) => epoch + 1));
      expect(await app.redis.hget(counters(to.id), counter(budget))).toBe('9007199254740993000');
      expect(await app.redis.hget(counters(from.id), 'epoch')).toBe(String(await app.epochOf(from.id)));
      expect((await lookUp(key.value)).snapshot.tenantId).toBe(to.id);
    });

    it('takes along what only the ledger knows, and never lowers what is there', async () => {
      const customer = await app.create('customers', { name: 'new home' });
      const key = await app.create('virtual-keys', {
        name: 'recorded',
        budget: { max_limit: 9, reset_duration: '1d' },
      });
      const [budget] = (await lookUp(key.value)).snapshot.limits as [LimitSpec];
      await record(counter(budget), budget, '777');
      await load(customer.id);

      await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: customer.id });
      expect(await app.redis.hget(counters(customer.id), counter(budget))).toBe('777');

      await app.redis.hset(counters(customer.id), counter(budget), '800');
      await app.db.query('UPDATE governance.outbox_messages SET delivered_at = NULL WHERE tenant_id = $1', [
        customer.id,
      ]);
      await lookUp(key.value);
      expect(await app.redis.hget(counters(customer.id), counter(budget))).toBe('800');
    });

    it('is not served by a look-up until its usage has arrived', async () => {
      const customer = await app.create('customers', { name: 'late home' });
      const key = await app.create('virtual-keys', { name: 'late', budget: { max_limit: 9, reset_duration: '1d' } });
      const [budget] = (await lookUp(key.value)).snapshot.limits as [LimitSpec];
      await load(key.id);
      await load(customer.id);
      await app.redis.hset(counters(key.id), counter(budget), '55');
      // As if governance had died between its commit and the announcement.
      await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: customer.id });
      await app.db.query('UPDATE governance.outbox_messages SET delivered_at = NULL WHERE tenant_id = $1', [
        customer.id,
      ]);
      await app.redis.hdel(counters(customer.id), counter(budget));

      expect((await lookUp(key.value)).snapshot.tenantId).toBe(customer.id);

      expect(await app.redis.hget(counters(customer.id), counter(budget))).toBe('55');
      const pending =
        'SELECT FROM governance.outbox_messages WHERE tenant_id = $1 AND delivered_at IS NULL AND payload @> $2';
      expect(await app.db.query(pending, [customer.id, { carryOvers: [{ fromTenantId: key.id }] }])).toEqual([]);
    });

    it('takes along what had not arrived yet in the tenant that it only passed through', async () => {
      const [first, second] = [
        await app.create('customers', { name: '1' }),
        await app.create('customers', { name: '2' }),
      ];
      const key = await app.create('virtual-keys', { name: 'passing', budget: { max_limit: 9, reset_duration: '1d' } });
      const [budget] = (await lookUp(key.value)).snapshot.limits as [LimitSpec];
      await load(key.id);
      await app.redis.hset(counters(key.id), counter(budget), '66');
      await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: first.id });
      // As if Redis had been away during the first move only.
      await app.db.query('UPDATE governance.outbox_messages SET delivered_at = NULL WHERE tenant_id = $1', [first.id]);
      await app.redis.del(counters(first.id));

      await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: second.id });

      expect(await app.redis.hget(counters(second.id), counter(budget))).toBe('66');
    });

    it('is not served at all while Redis, which has its usage, cannot be asked', async () => {
      const customer = await app.create('customers', { name: 'unreachable' });
      const key = await app.create('virtual-keys', { name: 'waiting', budget: { max_limit: 9, reset_duration: '1d' } });
      await app.redisServer.kill();
      try {
        const moved = await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: customer.id });
        expect(moved.headers['x-penstock-propagation']).toBe('pending');

        const answer = await app.internal('GET', `/policies/${app.hashOf(key.value)}`);

        expect(answer).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
      } finally {
        await app.redisServer.restart();
      }
      await waitFor(async () => (await lookUp(key.value)).found === true, { what: 'the policy of the moved key' });
      expect((await lookUp(key.value)).snapshot.tenantId).toBe(customer.id);
    });

    it('moves with its team', async () => {
      const customer = await app.create('customers', { name: 'joined' });
      const team = await app.create('teams', { name: 'joining', budget: { max_limit: 50, reset_duration: '1d' } });
      const key = await app.create('virtual-keys', {
        name: 'joining too',
        team_id: team.id,
        rate_limit: { request_max_limit: 4, request_reset_duration: '1h' },
      });
      const [requests, budget] = (await lookUp(key.value)).snapshot.limits as [LimitSpec, LimitSpec];
      await load(team.id);
      await app.redis.hset(counters(team.id), { [counter(requests)]: '3', [counter(budget)]: '40' });

      await app.call('PUT', `/teams/${team.id}`, { customer_id: customer.id });

      expect((await lookUp(key.value)).snapshot).toMatchObject({ tenantId: customer.id, teamId: team.id });
      await load(customer.id);
      expect(await app.redis.hmget(counters(customer.id), counter(requests), counter(budget))).toEqual(['3', '40']);
    });
  });

  it('carry the prices that are in force or to come, newest first', async () => {
    const key = await app.create('virtual-keys', { name: 'priced' });
    const now = app.clock.now();
    const price = (model: string, effectiveMs: number, input: string): Json => ({
      provider: 'openai',
      model,
      effective_from: new Date(effectiveMs).toISOString(),
      input_usd_per_mtok: input,
      output_usd_per_mtok: '10',
    });
    const before = await app.epochOf(key.id);
    for (const body of [
      price('m', now - 2 * DAY_MS, '1'),
      price('m', now - DAY_MS, '2.5'),
      price('m', now + DAY_MS, '3'),
    ]) {
      expect((await app.call('POST', '/price-overrides', body)).status).toBe(201);
    }

    const { snapshot } = await lookUp(key.value);

    expect(snapshot.priceOverrides.map((override: Json) => override.inputUsdPerMtok)).toEqual(['3.000000', '2.500000']);
    expect(snapshot.priceOverrides[1]).toMatchObject({
      provider: 'openai',
      model: 'm',
      isFree: false,
      effectiveFromMs: now - DAY_MS,
    });
    expect(snapshot.epoch).toBe(before + 3);
  });

  async function record(id: string, limit: LimitSpec, used: string, startMs = app.clock.now()): Promise<void> {
    await app.db.query(
      `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
       VALUES ($1, $2, 1, $3, $4, now())`,
      [id, limit.key, new Date(startMs), used],
    );
  }
});
