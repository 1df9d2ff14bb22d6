import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { counterId, type LimitSpec, windowAt } from '@penstock/domain';
import { tenantKeys } from '@penstock/dto';
import { waitFor } from '@penstock/testing';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

describe('usage', () => {
  let app: GovernanceApp;
  let count = 0;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  /** A key of which 3 requests, 40 tokens and 2.5 cents are used. */
  async function usedKey(owner: Json = {}): Promise<{ key: Json; limits: LimitSpec[]; tenantId: string }> {
    const key = await app.create('virtual-keys', {
      name: `used ${(count += 1)}`,
      ...owner,
      budget: { max_limit: 100, reset_duration: '1d' },
      rate_limit: {
        token_max_limit: 100,
        token_reset_duration: '1h',
        request_max_limit: 5,
        request_reset_duration: '1m',
      },
    });
    const { snapshot } = (await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body;
    await app.internal('POST', `/tenants/${snapshot.tenantId}/load`);
    const amounts = { requests: '3', tokens: '40', nano_usd: '25000000' };
    for (const limit of snapshot.limits as LimitSpec[]) {
      if (limit.entity !== 'virtual_key') continue;
      await app.redis.hset(
        tenantKeys(snapshot.tenantId).counters,
        currentCounter(limit),
        amounts[limit.unit as keyof typeof amounts],
      );
    }
    return { key, limits: snapshot.limits, tenantId: snapshot.tenantId };
  }
  const currentCounter = (limit: LimitSpec): string => counterId(limit, windowAt(limit.window, app.clock.now()));

  it('is what the counters say, in every answer', async () => {
    const customer = await app.create('customers', { name: 'c' });
    const { key } = await usedKey({ customer_id: customer.id });

    const { virtual_key } = (await app.call('GET', `/virtual-keys/${key.id}`)).body;
    expect(virtual_key.budget.current_usage).toBe(2.5);
    expect(virtual_key.rate_limit).toMatchObject({ token_current_usage: 40, request_current_usage: 3 });
    const listed = (await app.call('GET', '/virtual-keys')).body.virtual_keys.find(({ id }: Json) => id === key.id);
    expect(listed.budget).toEqual(virtual_key.budget);
    expect((await app.call('GET', `/budgets/${key.budget_id}`)).body.budget).toEqual({
      ...virtual_key.budget,
      virtual_key_id: key.id,
      window_ends_at: new Date(Date.parse(virtual_key.budget.last_reset) + 86_400_000).toISOString(),
    });
    const { rate_limits } = (await app.call('GET', '/rate-limits')).body;
    expect(rate_limits.find(({ id }: Json) => id === key.rate_limit_id)).toEqual({
      ...virtual_key.rate_limit,
      virtual_key_id: key.id,
    });
    const { usage_stats, virtual_key_id } = (await app.call('GET', `/usage-stats?virtual_key_id=${key.id}`)).body;
    expect(virtual_key_id).toBe(key.id);
    expect(usage_stats).toMatchObject({
      tokens_current_usage: 40,
      requests_current_usage: 3,
      budget_current_usage: 2.5,
    });
    const all = (await app.call('GET', '/usage-stats')).body;
    expect(all.usage_stats).toContainEqual(usage_stats);
    const { counters } = (await app.call('GET', '/debug/counters')).body;
    expect(counters).toContainEqual(
      expect.objectContaining({ entity_id: key.id, unit: 'nano_usd', cap: '1000000000', used: '25000000' }),
    );
  });

  it('is the same from every replica, also right after a reset by one of them', async () => {
    const { key } = await usedKey();
    const replica = await app.startReplica();
    try {
      const paths = [
        `/virtual-keys/${key.id}`,
        `/usage-stats?virtual_key_id=${key.id}`,
        '/usage-stats',
        '/budgets',
        '/rate-limits',
        '/debug/counters',
      ];
      const read = async (from: Pick<GovernanceApp, 'call'>): Promise<Json[]> =>
        Promise.all(paths.map(async (path) => (await from.call('GET', path)).body));
      expect(await read(replica)).toEqual(await read(app));
      expect((await replica.call('POST', '/usage-reset', { virtual_key_id: key.id })).status).toBe(200);
      const after = await read(app);
      expect(after).toEqual(await read(replica));
      expect(after[0].virtual_key.budget.current_usage).toBe(0);
    } finally {
      await replica.stop();
    }
  });

  it('starts at zero in the next window', async () => {
    const { key } = await usedKey();
    app.clock.advance(60_000);

    const { rate_limit } = (await app.call('GET', `/virtual-keys/${key.id}`)).body.virtual_key;
    expect(rate_limit).toMatchObject({ request_current_usage: 0, token_current_usage: 40 });
    expect(Date.parse(rate_limit.request_last_reset)).toBe(Date.parse(key.created_at) + 60_000);
  });

  it('survives a changed limit and a changed duration, and a changed owner', async () => {
    const { key } = await usedKey();
    app.clock.advance(30_000);
    const customer = await app.create('customers', { name: 'later' });

    await app.call('PUT', `/virtual-keys/${key.id}`, {
      budget: { max_limit: 50 },
      rate_limit: { request_reset_duration: '1h' },
      customer_id: customer.id,
    });
    app.clock.advance(120_000);

    const { virtual_key } = (await app.call('GET', `/virtual-keys/${key.id}`)).body;
    expect(virtual_key.budget).toMatchObject({ max_limit: 50, current_usage: 2.5 });
    expect(virtual_key.rate_limit).toMatchObject({ request_current_usage: 3, request_last_reset: key.created_at });
  });

  it('is read from the ledger while Redis is away', async () => {
    const { key, limits } = await usedKey();
    const budget = limits.find(({ unit }) => unit === 'nano_usd') as LimitSpec;
    await app.db.query(
      `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
       VALUES ($1, $2, 1, now(), 10000000, now())`,
      [currentCounter(budget), budget.key],
    );
    await app.redisServer.kill();
    try {
      expect((await app.call('GET', `/virtual-keys/${key.id}`)).body.virtual_key.budget.current_usage).toBe(1);
    } finally {
      await app.redisServer.restart();
    }
    await waitFor(async () => (await app.call('GET', '/debug/health')).status === 200, { what: 'Redis to be back' });
  });

  describe('reset', () => {
    it('starts every limit of the key from zero and leaves the old counters as history', async () => {
      const { key, limits, tenantId } = await usedKey();
      const before = await app.epochOf(tenantId);
      app.clock.advance(5_000);

      const answer = await app.call('POST', '/usage-reset', {
        virtual_key_id: key.id,
        provider: null,
        model: null,
      });

      expect(answer.status).toBe(200);
      expect(answer.body.message.toLowerCase()).toContain('successfully');
      const { virtual_key } = (await app.call('GET', `/virtual-keys/${key.id}`)).body;
      const now = new Date(app.clock.now()).toISOString();
      expect(virtual_key.budget).toMatchObject({ current_usage: 0, last_reset: now, max_limit: 100 });
      expect(virtual_key.rate_limit).toMatchObject({
        token_current_usage: 0,
        request_current_usage: 0,
        token_last_reset: now,
      });
      const old = limits.map((limit) => counterId(limit, windowAt(limit.window, app.clock.now())));
      expect(await app.redis.hmget(tenantKeys(tenantId).counters, ...old)).not.toContain(null);
      expect(await app.epochOf(tenantId)).toBe(before + 1);
      expect(await app.redis.hget(tenantKeys(tenantId).counters, 'epoch')).toBe(String(before + 1));
    });

    it.each([
      [{ virtual_key_id: UNKNOWN_ID }, 404],
      [{ virtual_key_id: 'nobody' }, 404],
      [{}, 400],
      [{ virtual_key_id: 5 }, 400],
    ])('of %j is answered %i', async (body, status) => {
      expect((await app.call('POST', '/usage-reset', body)).status).toBe(status);
    });
  });

  it('of an unknown key is 404', async () => {
    expect((await app.call('GET', `/usage-stats?virtual_key_id=${UNKNOWN_ID}`)).status).toBe(404);
  });

  it('comes with counts and health', async () => {
    const stats = (await app.call('GET', '/debug/stats')).body;
    expect(stats.database_stats).toMatchObject({
      virtual_keys_count: expect.any(Number),
      audit_logs_count: expect.any(Number),
    });
    expect(stats.timestamp).toBe(new Date(app.clock.now()).toISOString());
    const health = await app.call('GET', '/debug/health');
    expect(health).toMatchObject({
      status: 200,
      body: { status: 'healthy', checks: { postgres: { status: 'healthy' } } },
    });
  });

  describe('limits by their own id', () => {
    it('are changed and deleted, and the owner shows it', async () => {
      const team = await app.create('teams', {
        name: 't',
        budget: { max_limit: 1, reset_duration: '1d' },
        rate_limit: { request_max_limit: 1, request_reset_duration: '1m' },
      });
      const changedBudget = await app.call('PUT', `/budgets/${team.budget_id}`, { max_limit: 2 });
      expect(changedBudget).toMatchObject({ status: 200, body: { budget: { max_limit: 2, team_id: team.id } } });
      const changedLimit = await app.call('PUT', `/rate-limits/${team.rate_limit_id}`, {
        token_max_limit: 2,
        token_reset_duration: '1h',
      });
      expect(changedLimit).toMatchObject({
        status: 200,
        body: { rate_limit: { token_max_limit: 2, request_max_limit: 1 } },
      });
      expect((await app.call('PUT', `/budgets/${team.budget_id}`, {})).body.budget.max_limit).toBe(2);
      expect((await app.call('PUT', `/budgets/${team.budget_id}`, { max_limit: 'x' })).status).toBe(400);
      expect(await app.epochOf(team.id)).toBe(3);

      expect((await app.call('DELETE', `/budgets/${team.budget_id}`)).status).toBe(200);
      expect((await app.call('DELETE', `/rate-limits/${team.rate_limit_id}`)).status).toBe(200);
      const after = (await app.call('GET', `/teams/${team.id}`)).body.team;
      expect(after).not.toHaveProperty('budget');
      expect(after).not.toHaveProperty('rate_limit');
    });

    it('answer 404 for unknown ids', async () => {
      for (const path of ['/budgets', '/rate-limits', '/price-overrides']) {
        for (const method of ['GET', 'PUT', 'DELETE'] as const) {
          expect((await app.call(method, `${path}/${UNKNOWN_ID}`, method === 'PUT' ? {} : undefined)).status).toBe(404);
        }
      }
    });
  });

  describe('operator prices', () => {
    const price = { provider: 'OpenAI', model: 'gpt-x', input_usd_per_mtok: '2.50', output_usd_per_mtok: '10' };

    it('are created, listed, changed before they are in force, and deleted', async () => {
      const effective_from = new Date(app.clock.now() + 60_000).toISOString();
      const { status, body } = await app.call('POST', '/price-overrides', { ...price, effective_from });
      expect(status).toBe(201);
      expect(body.price_override).toMatchObject({
        provider: 'openai',
        input_usd_per_mtok: '2.5',
        cache_read_usd_per_mtok: null,
        effective_from,
      });
      const path = `/price-overrides/${body.price_override.id}`;
      expect((await app.call('PUT', path, { input_usd_per_mtok: '3' })).body.price_override.input_usd_per_mtok).toBe(
        '3',
      );
      expect(await app.call('POST', '/price-overrides', { ...price, effective_from })).toMatchObject({
        status: 400,
        body: { code: 'already_exists' },
      });
      app.clock.advance(60_000);
      expect((await app.call('PUT', path, { input_usd_per_mtok: '4' })).status).toBe(400);
      expect((await app.call('GET', '/price-overrides')).body.count).toBe(1);
      expect((await app.call('DELETE', path)).status).toBe(200);
      expect((await app.call('GET', path)).status).toBe(404);
    });

    it.each([
      [{ ...price, input_usd_per_mtok: 2.5 }],
      [{ ...price, input_usd_per_mtok: '-1' }],
      [{ ...price, input_usd_per_mtok: '0.0000001' }],
      [{ ...price, output_usd_per_mtok: null }],
      [{ ...price, is_free: true }],
      [{ provider: 'openai', model: 'm' }],
      [{ provider: 'openai', model: 'm', is_free: 'yes' }],
      [{ ...price, effective_from: 'tomorrow' }],
      [{ ...price, effective_from: '2026-13-45T00:00:00Z' }],
    ])('are refused as %j', async (body) => {
      expect((await app.call('POST', '/price-overrides', body)).status).toBe(400);
    });

    it.each([[{ is_free: true }], [{ request_usd: '0.01' }]])('may be %j', async (terms) => {
      const answer = await app.call('POST', '/price-overrides', {
        provider: 'openai',
        model: JSON.stringify(terms),
        ...terms,
      });
      expect(answer.status).toBe(201);
    });
  });
});
