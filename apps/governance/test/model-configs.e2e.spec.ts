import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const budget = { max_limit: 7, reset_duration: '1d' };
const rate_limit = { request_max_limit: 3, request_reset_duration: '1m' };

describe('model configs', () => {
  let app: GovernanceApp;
  let customer: Json;
  let team: Json;
  let key: Json;

  beforeAll(async () => {
    app = await startGovernance();
    customer = await app.create('customers', { name: 'c' });
    team = await app.create('teams', { name: 't', customer_id: customer.id });
    key = await app.create('virtual-keys', { name: 'k', team_id: team.id });
  });
  afterAll(() => app.stop());

  const create = async (body: Json): Promise<Json> => {
    const answer = await app.call('POST', '/model-configs', body);
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.model_config;
  };
  const limitsOf = async (value: string): Promise<Json[]> =>
    (await app.internal('GET', `/policies/${app.hashOf(value)}`)).body.snapshot.limits;
  const auditOf = (id: string): Promise<Json[]> =>
    app.db.query('SELECT action, before, after FROM governance.audit_entries WHERE entity_id = $1 ORDER BY position', [
      id,
    ]);

  it.each([
    ['customer_id', () => customer.id],
    ['team_id', () => team.id],
    ['virtual_key_id', () => key.id],
  ] as const)('of a %s limit the keys below, for calls to that model only', async (field, idOf) => {
    const epoch = await app.epochOf(customer.id);
    const config = await create({ model: `m-${field}`, provider: 'OpenAI', [field]: idOf(), budget, rate_limit });

    expect(config).toMatchObject({ model: `m-${field}`, provider: 'openai', [field]: idOf(), budget, rate_limit });
    expect(config.budget.current_usage).toBe(0);
    expect(await app.epochOf(customer.id)).toBe(epoch + 1);
    const own = (await limitsOf(key.value)).filter(({ entityId }) => entityId === config.id);
    expect(own.map(({ unit, cap, match }) => ({ unit, cap, match }))).toEqual([
      { unit: 'requests', cap: '3', match: { provider: 'openai', model: `m-${field}` } },
      { unit: 'nano_usd', cap: '70000000', match: { provider: 'openai', model: `m-${field}` } },
    ]);
    expect((await app.call('GET', `/model-configs/${config.id}`)).body.model_config).toEqual(config);
  });

  it('without provider limit the model of every provider, beside one with a provider', async () => {
    const any = await create({ model: 'both', customer_id: customer.id, budget });
    const one = await create({ model: 'both', provider: 'openai', customer_id: customer.id, budget });

    expect(any).not.toHaveProperty('provider');
    const matches = (await limitsOf(key.value))
      .filter(({ entityId }) => [any.id, one.id].includes(entityId))
      .map(({ match }) => match);
    expect(matches).toEqual([{ model: 'both' }, { model: 'both', provider: 'openai' }]);
  });

  it('exist once per owner, model and provider', async () => {
    await create({ model: 'once', team_id: team.id });
    const again = await app.call('POST', '/model-configs', { model: 'once', team_id: team.id, provider: null });

    expect(again).toMatchObject({ status: 409, body: { code: 'model_config_exists' } });
    await create({ model: 'once', customer_id: customer.id });
  });

  it.each<[string, Json, string]>([
    ['no owner', { model: 'm' }, 'validation_failed'],
    ['two owners', { model: 'm', team_id: UNKNOWN_ID, customer_id: UNKNOWN_ID }, 'validation_failed'],
    ['an unknown owner', { model: 'm', team_id: UNKNOWN_ID }, 'reference_dangling'],
    ['an owner that is no id', { model: 'm', virtual_key_id: 'x' }, 'reference_dangling'],
    ['no model', { team_id: UNKNOWN_ID }, 'validation_failed'],
    ['an empty model', { model: ' ', team_id: UNKNOWN_ID }, 'validation_failed'],
    ['a model that is no text', { model: 5, team_id: UNKNOWN_ID }, 'validation_failed'],
    [
      'a negative limit',
      { model: 'm', team_id: UNKNOWN_ID, budget: { ...budget, max_limit: -1 } },
      'validation_failed',
    ],
  ])('are refused with %s', async (_, body, code) => {
    expect(await app.call('POST', '/model-configs', body)).toMatchObject({ status: 400, body: { code } });
  });

  describe('PUT', () => {
    it.each<[Json, Json]>([
      [{}, { budget, rate_limit }],
      [
        { budget: null, rate_limit: null },
        { budget, rate_limit },
      ],
      [{ budget: { max_limit: 9 } }, { budget: { ...budget, max_limit: 9 }, rate_limit }],
      [{ rate_limit: { request_max_limit: 4 } }, { budget, rate_limit: { ...rate_limit, request_max_limit: 4 } }],
      [
        { model: 'put', provider: 'OpenAI' },
        { budget, rate_limit },
      ],
    ])('%j leaves %j', async (body, expected) => {
      const config = await create({ model: 'put', provider: 'openai', customer_id: customer.id, budget, rate_limit });
      const epoch = await app.epochOf(customer.id);
      try {
        const { status, body: answer } = await app.call('PUT', `/model-configs/${config.id}`, body);
        expect(status).toBe(200);
        expect(answer.model_config).toMatchObject({ ...expected, created_at: config.created_at });
        const isSame = JSON.stringify(expected) === JSON.stringify({ budget, rate_limit });
        expect(await app.epochOf(customer.id)).toBe(epoch + (isSame ? 0 : 1));
        expect(await auditOf(config.id)).toHaveLength(isSame ? 1 : 2);
      } finally {
        await app.call('DELETE', `/model-configs/${config.id}`);
      }
    });

    it('{} for a limit removes it', async () => {
      const config = await create({ model: 'removed', customer_id: customer.id, budget, rate_limit });
      const answer = await app.call('PUT', `/model-configs/${config.id}`, { budget: {} });
      expect(answer.body.model_config).not.toHaveProperty('budget');
      expect(answer.body.model_config).toMatchObject({ rate_limit });
    });

    it.each([
      [{ model: 'other' }, 'model'],
      [{ provider: 'anthropic' }, 'provider'],
      [{ customer_id: UNKNOWN_ID }, 'customer_id'],
      [{ team_id: UNKNOWN_ID }, 'team_id'],
      [{ virtual_key_id: 'x' }, 'virtual_key_id'],
    ])('%j is refused: a config stays what it is', async (body, field) => {
      const config = await create({ model: `stays-${field}`, provider: 'openai', customer_id: customer.id, budget });
      const answer = await app.call('PUT', `/model-configs/${config.id}`, body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect(answer.body.error).toContain(field);
    });
  });

  it('are deleted with their limits, and with their owner', async () => {
    const config = await create({ model: 'gone', customer_id: customer.id, budget });
    expect((await app.call('DELETE', `/model-configs/${config.id}`)).status).toBe(200);
    expect((await limitsOf(key.value)).filter(({ entityId }) => entityId === config.id)).toEqual([]);
    expect((await app.call('GET', `/budgets/${config.budget.id}`)).status).toBe(404);
    expect(
      (await auditOf(config.id)).map(({ action, before, after }) => [action, before?.model, after?.model]),
    ).toEqual([
      ['model_config.created', undefined, 'gone'],
      ['model_config.deleted', 'gone', undefined],
    ]);

    const doomed = await app.create('teams', { name: 'doomed' });
    const ofTeam = await create({ model: 'm', team_id: doomed.id, budget });
    await app.call('DELETE', `/teams/${doomed.id}`);
    expect((await app.call('GET', `/model-configs/${ofTeam.id}`)).status).toBe(404);
  });

  it.each(['GET', 'PUT', 'DELETE'] as const)('%s of an unknown one is 404', async (method) => {
    const body = method === 'PUT' ? {} : undefined;
    expect((await app.call(method, `/model-configs/${UNKNOWN_ID}`, body)).status).toBe(404);
  });

  it('are no more than 500 for one owner', async () => {
    const crowded = await app.create('customers', { name: 'crowded' });
    await app.db.query(
      `INSERT INTO governance.model_configs (id, customer_id, model, created_at, updated_at)
       SELECT gen_random_uuid(), $1, 'm' || n, now(), now() FROM generate_series(1, 500) n`,
      [crowded.id],
    );
    const answer = await app.call('POST', '/model-configs', { model: 'one more', customer_id: crowded.id });
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('500 model configs')]);
  });

  it('are listed by owner and model, in pages', async () => {
    const other = await app.create('customers', { name: 'other' });
    const first = await create({ model: 'listed', customer_id: other.id });
    app.clock.advance(1);
    const second = await create({ model: 'listed 2', customer_id: other.id });
    const list = async (query: string): Promise<string[]> => {
      const { body } = await app.call('GET', `/model-configs?${query}`);
      expect(body.count).toBe(body.model_configs.length);
      return body.model_configs.map(({ id }: Json) => id);
    };

    expect(await list(`customer_id=${other.id}`)).toEqual([first.id, second.id]);
    expect(await list(`customer_id=${other.id}&model=listed`)).toEqual([first.id]);
    expect(await list(`customer_id=${other.id}&limit=1&offset=1`)).toEqual([second.id]);
    expect(await list('virtual_key_id=nobody')).toEqual([]);
    expect(await list(`team_id=${team.id}&customer_id=${other.id}`)).toEqual([]);
    expect((await list('model=')).length).toBeGreaterThan(2);
    expect((await app.call('GET', '/model-configs?limit=0')).status).toBe(400);
  });
});
