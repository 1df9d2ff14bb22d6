import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { counterId, type LimitSpec, windowAt } from '@penstock/domain';
import { tenantKeys } from '@penstock/dto';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const aligned = { max_limit: 100, reset_duration: '1d', calendar_aligned: true };
const rolling = { max_limit: 100, reset_duration: '2d' };

describe('tenants', () => {
  let app: GovernanceApp;
  let count = 0;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  const limitsOf = async ({ value }: Json): Promise<LimitSpec[]> =>
    (await app.internal('GET', `/policies/${app.hashOf(value)}`)).body.snapshot.limits;
  const set = (id: string, body: Json): Promise<Json> => app.call('PUT', `/tenants/${id}`, body);
  /** Puts usage on the current counter of every limit. */
  const use = async (tenantId: string, limits: readonly LimitSpec[]): Promise<void> => {
    await app.internal('POST', `/tenants/${tenantId}/load`);
    for (const limit of limits) {
      const counter = counterId(limit, windowAt(limit.window, app.clock.now()));
      await app.redis.hset(tenantKeys(tenantId).counters, counter, '70000000');
    }
  };

  it.each(['customer', 'team', 'virtual_key'] as const)('of a %s have defaults until they are set', async (kind) => {
    const kinds = { customer: 'customers', team: 'teams', virtual_key: 'virtual-keys' } as const;
    const { id } = await app.create(kinds[kind], { name: `own ${kind}` });
    const tenant = {
      id,
      kind,
      name: `own ${kind}`,
      time_zone: 'UTC',
      fiscal_year_start_month: 1,
      stream_policy: 'finish',
    };
    expect((await app.call('GET', `/tenants/${id}`)).body).toEqual({ tenant });

    const settings = { time_zone: 'Asia/Kolkata', fiscal_year_start_month: 4, stream_policy: 'cut' };
    expect(await set(id, settings)).toMatchObject({ status: 200, body: { tenant: { ...tenant, ...settings } } });
    expect((await app.call('GET', `/tenants/${id}`)).body).toEqual({ tenant: { ...tenant, ...settings } });
  });

  it.each<[Json, Json]>([
    [{}, {}],
    [{ time_zone: null, fiscal_year_start_month: null, stream_policy: null }, {}],
    [{ time_zone: 'UTC', fiscal_year_start_month: 1, stream_policy: 'finish' }, {}],
    [{ time_zone: 'Europe/Berlin' }, { time_zone: 'Europe/Berlin' }],
    [{ fiscal_year_start_month: 10 }, { fiscal_year_start_month: 10 }],
    [{ stream_policy: 'cut' }, { stream_policy: 'cut' }],
  ])('PUT %j changes %j and nothing else', async (body, changes) => {
    const { id } = await app.create('customers', { name: 'c' });
    const before = (await app.call('GET', `/tenants/${id}`)).body.tenant;
    const epoch = await app.epochOf(id);

    const answer = await set(id, body);

    const isChanged = Object.keys(changes).length > 0;
    expect(answer).toMatchObject({ status: 200, body: { tenant: { ...before, ...changes } } });
    expect(await app.epochOf(id)).toBe(epoch + (isChanged ? 1 : 0));
    const lines = await app.db.query(
      `SELECT before, after FROM governance.audit_entries WHERE tenant_id = $1 AND action = 'tenant.updated'`,
      [id],
    );
    expect(lines).toHaveLength(isChanged ? 1 : 0);
    if (isChanged) expect(lines[0].after).toMatchObject(changes);
  });

  it.each<[Json, string]>([
    [{ time_zone: 'Mars/Olympus' }, 'time_zone'],
    [{ time_zone: '+02:00' }, 'time_zone'],
    [{ time_zone: '' }, 'time_zone'],
    [{ time_zone: 1 }, 'time_zone'],
    [{ fiscal_year_start_month: 0 }, 'fiscal_year_start_month'],
    [{ fiscal_year_start_month: 13 }, 'fiscal_year_start_month'],
    [{ fiscal_year_start_month: 1.5 }, 'fiscal_year_start_month'],
    [{ fiscal_year_start_month: '4' }, 'fiscal_year_start_month'],
    [{ stream_policy: 'drop' }, 'stream_policy'],
  ])('PUT %j is refused', async (body, field) => {
    const { id } = await app.create('customers', { name: 'c' });
    const answer = await set(id, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(answer.body.error).toContain(field);
  });

  it('are not found for what is inside another tenant, or nothing', async () => {
    const customer = await app.create('customers', { name: 'c' });
    const team = await app.create('teams', { name: 't', customer_id: customer.id });
    const key = await app.create('virtual-keys', { name: 'inside', team_id: team.id });
    for (const id of [team.id, key.id, UNKNOWN_ID, 'x']) {
      expect((await app.call('GET', `/tenants/${id}`)).status).toBe(404);
      expect((await set(id, { stream_policy: 'cut' })).status).toBe(404);
    }
  });

  it('tell gateways the stream policy', async () => {
    const key = await app.create('virtual-keys', { name: 'streams' });
    await set(key.id, { stream_policy: 'cut' });
    const { snapshot } = (await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body;
    expect(snapshot.streamPolicy).toBe('cut');
  });

  describe('with another calendar', () => {
    let customer: Json;
    let team: Json;
    let key: Json;

    beforeEach(async () => {
      count += 1;
      customer = await app.create('customers', { name: 'c', budgets: [aligned, rolling] });
      team = await app.create('teams', { name: 't', customer_id: customer.id, budget: aligned });
      key = await app.create('virtual-keys', {
        name: `k ${count}`,
        team_id: team.id,
        budget: aligned,
        provider_configs: [{ provider: 'openai', budget: aligned }],
      });
      await app.call('POST', '/model-configs', { model: 'm', customer_id: customer.id, budget: aligned });
      await app.call('POST', '/budgets', { ...aligned, name: 'shared', team_ids: [team.id] });
    });

    it('keep usage and the start of every window; those that follow the calendar end by the new one', async () => {
      const before = await limitsOf(key);
      await use(customer.id, before);
      app.clock.advance(60_000);
      const windowsBefore = before.map(({ window }) => windowAt(window, app.clock.now()));

      await set(customer.id, { time_zone: 'Asia/Kolkata', fiscal_year_start_month: 4 });

      const after = await limitsOf(key);
      expect(after).toHaveLength(7);
      for (const [index, limit] of after.entries()) {
        const window = windowAt(limit.window, app.clock.now());
        expect({ entity: limit.entity, startMs: window.startMs }).toEqual({
          entity: before[index]?.entity,
          startMs: windowsBefore[index]?.startMs,
        });
        // The counter that calls in flight settle on is the one that is enforced.
        expect(counterId(limit, window)).toBe(counterId(before[index] as LimitSpec, windowsBefore[index] as never));
        if (limit.window.kind === 'rolling') expect(window.endMs).toBe(windowsBefore[index]?.endMs);
        else {
          expect(limit.window).toMatchObject({ timeZone: 'Asia/Kolkata', fiscalYearStartMonth: 4 });
          // Midnight in Kolkata is half past six in the evening in UTC.
          expect(new Date(window.endMs).toISOString()).toMatch(/T18:30:00.000Z$/);
        }
      }
      const { budgets } = (await app.call('GET', '/budgets')).body;
      const own = budgets.filter(({ customer_id, tenant_id, team_id }: Json) =>
        [customer_id, tenant_id, team_id].some((id) => id === customer.id || id === team.id),
      );
      expect(own.map(({ current_usage }: Json) => current_usage)).toEqual([7, 7, 7, 7]);
    });

    it.each<[string, () => Promise<Json>]>([
      ['key', () => app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: customer.id })],
      ['team', () => app.call('PUT', `/teams/${team.id}`, { customer_id: customer.id })],
    ])('take in a %s that moves: its windows end by their calendar, its usage stays', async (what, move) => {
      customer = await app.create('customers', { name: 'abroad' });
      await set(customer.id, { time_zone: 'Asia/Kolkata' });
      team = await app.create('teams', { name: 'mover', budget: aligned });
      key = await app.create('virtual-keys', {
        name: `mover ${count}`,
        ...(what === 'team' ? { team_id: team.id } : {}),
        budget: aligned,
        provider_configs: [{ provider: 'openai', budget: aligned }],
      });
      const carrier = what === 'team' ? { team_id: team.id } : { virtual_key_id: key.id };
      await app.call('POST', '/model-configs', { model: 'm', ...carrier, budget: aligned });
      const before = await limitsOf(key);
      await use(what === 'team' ? team.id : key.id, before);
      app.clock.advance(60_000);

      expect((await move()).status).toBe(200);

      const after = await limitsOf(key);
      expect(after).toHaveLength(before.length);
      expect(after.length).toBe(what === 'team' ? 4 : 3);
      for (const [index, limit] of after.entries()) {
        const window = windowAt(limit.window, app.clock.now());
        expect(limit.window).toMatchObject({ kind: 'calendar', timeZone: 'Asia/Kolkata' });
        expect(new Date(window.endMs).toISOString()).toMatch(/T18:30:00.000Z$/);
        const counter = counterId(limit, window);
        expect(counter).toBe(
          counterId(before[index] as LimitSpec, windowAt((before[index] as LimitSpec).window, app.clock.now())),
        );
        expect(await app.redis.hget(tenantKeys(customer.id).counters, counter)).toBe('70000000');
      }
    });

    it('are set while budgets change without either being lost', async () => {
      const answers = await Promise.all([
        set(customer.id, { time_zone: 'Asia/Kolkata' }),
        app.call('PUT', `/customers/${customer.id}`, { name: 'renamed' }),
        app.call('PUT', `/budgets/${team.budget_id}`, { max_limit: 50 }),
        app.call('PUT', `/virtual-keys/${key.id}`, { budget: { max_limit: 60 } }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);

      const limits = (await limitsOf(key)).filter(({ window }) => window.kind === 'calendar');
      const ends = new Set(limits.map(({ window }) => new Date(windowAt(window, app.clock.now()).endMs).toISOString()));
      expect(ends.size).toBe(1);
      expect([...ends][0]).toMatch(/T18:30:00.000Z$/);
      expect(new Set(limits.map(({ cap }) => cap))).toEqual(new Set(['1000000000', '500000000', '600000000']));
    });
  });
});
