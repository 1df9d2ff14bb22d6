import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

describe('virtual keys', () => {
  let app: GovernanceApp;
  let count = 0;
  const name = (): string => `key ${(count += 1)}`;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  const get = async (id: string): Promise<Json> => (await app.call('GET', `/virtual-keys/${id}`)).body.virtual_key;

  it('issues a key with the least that is needed', async () => {
    const answer = await app.call('POST', '/virtual-keys', { name: '  first  ' });

    expect(answer.status).toBe(201);
    expect(answer.headers['x-penstock-propagation']).toBeUndefined();
    expect(answer.body.message).toBe('Virtual key created successfully');
    const key = answer.body.virtual_key;
    expect(key).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'first',
      value: expect.stringMatching(/^sk-bf-[\w-]{43}$/),
      is_active: true,
      allowed_models: null,
      allowed_providers: null,
      secrets: [
        {
          id: expect.any(String),
          value: `sk-bf-...${key.value.slice(-4)}`,
          created_at: new Date(app.clock.now()).toISOString(),
          expires_at: null,
          last_used_at: null,
        },
      ],
      created_at: new Date(app.clock.now()).toISOString(),
      updated_at: new Date(app.clock.now()).toISOString(),
    });
    expect(await get(key.id)).toEqual(key);
  });

  it('issues a key with everything', async () => {
    const customer = await app.create('customers', { name: 'of the team' });
    const team = await app.create('teams', {
      name: 'owner',
      customer_id: customer.id,
      budget: { max_limit: 5, reset_duration: '1d' },
    });
    const key = await app.create('virtual-keys', {
      name: name(),
      description: 'everything',
      allowed_models: ['gpt-4o'],
      allowed_providers: [],
      team_id: team.id,
      budget: { max_limit: 12.5, reset_duration: '1M' },
      rate_limit: {
        token_max_limit: 10,
        token_reset_duration: '1h',
        request_max_limit: 1,
        request_reset_duration: '1m',
      },
      is_active: false,
      unknown_field: { is: 'ignored' },
    });

    expect(key).toMatchObject({
      description: 'everything',
      allowed_models: ['gpt-4o'],
      allowed_providers: [],
      team_id: team.id,
      is_active: false,
      budget_id: key.budget.id,
      rate_limit_id: key.rate_limit.id,
      budget: { max_limit: 12.5, reset_duration: '1M', current_usage: 0, last_reset: key.created_at },
      rate_limit: {
        token_max_limit: 10,
        token_reset_duration: '1h',
        token_current_usage: 0,
        token_last_reset: key.created_at,
        request_max_limit: 1,
        request_reset_duration: '1m',
        request_current_usage: 0,
        request_last_reset: key.created_at,
      },
    });
    expect(key.team).toEqual({
      id: team.id,
      name: 'owner',
      customer_id: customer.id,
      budget_id: team.budget.id,
      virtual_keys: null,
      created_at: team.created_at,
      updated_at: team.updated_at,
    });
    expect(key).not.toHaveProperty('customer');
    expect(key).not.toHaveProperty('customer_id');
  });

  it('loads the customer of a key without its relations', async () => {
    const customer = await app.create('customers', { name: 'direct', budget: { max_limit: 1, reset_duration: '1d' } });
    const key = await app.create('virtual-keys', { name: name(), customer_id: customer.id });

    expect(key.customer).toEqual({
      id: customer.id,
      name: 'direct',
      budget_id: customer.budget_id,
      teams: null,
      virtual_keys: null,
      created_at: customer.created_at,
      updated_at: customer.updated_at,
    });
    expect(key).not.toHaveProperty('team');
  });

  it('takes null for every optional field', async () => {
    const nothing = { description: null, allowed_models: null, allowed_providers: null, team_id: null };
    const answer = await app.call('POST', '/virtual-keys', {
      ...nothing,
      name: name(),
      customer_id: null,
      budget: null,
      rate_limit: null,
      is_active: null,
    });

    expect(answer.status).toBe(201);
    expect(answer.body.virtual_key).toMatchObject({ is_active: true, allowed_models: null });
  });

  it.each(['0', '1', '9223372036854775807', '0.0000001'])(
    'stores and echoes the limit %s digit for digit',
    async (limit) => {
      const body = `{"name":"${name()}","budget":{"max_limit":${limit},"reset_duration":"1d"}}`;
      const answer = await app.call('POST', '/virtual-keys', body);

      expect(answer.status).toBe(201);
      const written = /"max_limit":([^,]+),/.exec(answer.text)?.[1];
      expect(limit === '0.0000001' ? Number(written) : written).toBe(limit === '0.0000001' ? 1e-7 : limit);
    },
  );

  const refusals: [string, Json, RegExp][] = [
    ['no name', {}, /name must be a string/],
    ['an empty name', { name: '' }, /name must not be empty/],
    ['a blank name', { name: '  ' }, /name must not be empty/],
    ['a number for a name', { name: 123 }, /name must be a string/],
    ['a long name', { name: 'x'.repeat(256) }, /name must not be longer/],
    ['a NUL in the name', { name: 'a\0b' }, /NUL/],
    ['half a surrogate', { name: 'a\ud800' }, /surrogate/],
    ['a text for is_active', { name: 'n', is_active: 'true' }, /is_active must be a boolean/],
    ['a text for budget', { name: 'n', budget: 'much' }, /budget/],
    ['a list for budget', { name: 'n', budget: [] }, /budget must be an object/],
    ['a budget without limit', { name: 'n', budget: { reset_duration: '1d' } }, /both max_limit and reset_duration/],
    ['a budget without duration', { name: 'n', budget: { max_limit: 1 } }, /both max_limit and reset_duration/],
    ['a negative budget', { name: 'n', budget: { max_limit: -1, reset_duration: '1d' } }, /not be negative/],
    ['a text for max_limit', { name: 'n', budget: { max_limit: '1', reset_duration: '1d' } }, /number of cents/],
    ['a bad duration', { name: 'n', budget: { max_limit: 1, reset_duration: 'invalid' } }, /not a valid duration/],
    ['a mixed duration', { name: 'n', budget: { max_limit: 1, reset_duration: '1d12h' } }, /not a valid duration/],
    ['an empty duration', { name: 'n', budget: { max_limit: 1, reset_duration: '' } }, /not a valid duration/],
    ['finer than a nano-dollar', { name: 'n', budget: { max_limit: 1e-8, reset_duration: '1d' } }, /7 decimals/],
    ['a token limit without duration', { name: 'n', rate_limit: { token_max_limit: 1 } }, /needs token_reset_duration/],
    ['half a token', { name: 'n', rate_limit: { token_max_limit: 0.5, token_reset_duration: '1h' } }, /whole number/],
    ['a list of numbers', { name: 'n', allowed_models: [1] }, /allowed_models must be an array of strings/],
    ['a text for a list', { name: 'n', allowed_models: 'gpt-4o' }, /array of strings/],
    ['a number for team_id', { name: 'n', team_id: 1 }, /team_id must be a string/],
    ['an unknown team', { name: 'n', team_id: UNKNOWN_ID }, /no team with the id/],
    ['an unknown customer', { name: 'n', customer_id: 'nobody' }, /no customer with the id/],
    ['both owners', { name: 'n', team_id: UNKNOWN_ID, customer_id: UNKNOWN_ID }, /cannot be attached to both/],
  ];
  it.each(refusals)('refuses %s with 400 and changes nothing', async (_what, body, sentence) => {
    const [{ before }] = await app.db.query('SELECT count(*)::int AS before FROM governance.audit_entries');

    const answer = await app.call('POST', '/virtual-keys', body);

    expect(answer.status).toBe(400);
    expect(typeof answer.body.error).toBe('string');
    expect(answer.body.error).toMatch(sentence);
    const [{ after }] = await app.db.query('SELECT count(*)::int AS after FROM governance.audit_entries');
    expect(after).toBe(before);
  });

  it('refuses a limit above 2^63', async () => {
    const body = '{"name":"n","budget":{"max_limit":9300000000000000000,"reset_duration":"1d"}}';

    expect((await app.call('POST', '/virtual-keys', body)).status).toBe(400);
  });

  it.each(['{"name":', '[]', '"text"', 'null', '1'])('refuses the body %s with 400', async (body) => {
    expect((await app.call('POST', '/virtual-keys', body)).status).toBe(400);
  });

  it('refuses a second key of the same name', async () => {
    const taken = name();
    await app.create('virtual-keys', { name: taken });

    const answer = await app.call('POST', '/virtual-keys', { name: taken });

    expect(answer).toMatchObject({ status: 400, body: { code: 'name_taken' } });
  });

  it.each(['GET', 'PUT', 'DELETE'] as const)('answers 404 to %s of an unknown or impossible id', async (method) => {
    for (const id of [UNKNOWN_ID, 'not-a-uuid', `${UNKNOWN_ID}0`]) {
      const answer = await app.call(method, `/virtual-keys/${id}`, method === 'PUT' ? {} : undefined);

      expect(answer.status).toBe(404);
      expect(typeof answer.body.error).toBe('string');
    }
  });

  it('deletes a key and its limits for good', async () => {
    const key = await app.create('virtual-keys', { name: name(), budget: { max_limit: 1, reset_duration: '1d' } });

    const answer = await app.call('DELETE', `/virtual-keys/${key.id}`);

    expect(answer).toMatchObject({ status: 200, body: { message: 'Virtual key deleted successfully' } });
    expect((await app.call('GET', `/virtual-keys/${key.id}`)).status).toBe(404);
    expect((await app.call('GET', `/budgets/${key.budget_id}`)).status).toBe(404);
  });

  it('lists every key with relations, and with a masked value', async () => {
    const team = await app.create('teams', { name: 'listed' });
    const key = await app.create('virtual-keys', { name: name(), team_id: team.id });

    const { status, body } = await app.call('GET', '/virtual-keys');

    expect(status).toBe(200);
    expect(body.count).toBe(body.virtual_keys.length);
    const listed = body.virtual_keys.find(({ id }: Json) => id === key.id);
    const { secrets: _secrets, ...shown } = key;
    expect(listed).toEqual({ ...shown, value: `sk-bf-...${key.value.slice(-4)}` });
  });

  it('cuts and searches a list', async () => {
    for (const suffix of ['a', 'b', 'c']) {
      await app.create('virtual-keys', { name: `Find_me 50% ${suffix}` });
      app.clock.advance(1);
    }

    const found = await app.call('GET', `/virtual-keys?search=${encodeURIComponent('find_ME 50%')}&limit=2&offset=1`);
    expect(found.body.virtual_keys.map((key: Json) => key.name)).toEqual(['Find_me 50% b', 'Find_me 50% c']);
    expect((await app.call('GET', '/virtual-keys?search=findXme')).body.count).toBe(0);
    expect((await app.call('GET', '/virtual-keys?limit=-1')).status).toBe(400);
    expect((await app.call('GET', '/virtual-keys?team_id=nobody')).body).toEqual({ virtual_keys: [], count: 0 });
  });

  it('stores no value in the clear and none in the audit trail', async () => {
    const key = await app.create('virtual-keys', { name: name() });

    await app.call('POST', `/virtual-keys/${key.id}/rotate`, { overlap: '1h' });
    const rows: Json[] = await app.db.query(
      'SELECT s::text AS text FROM governance.virtual_key_secrets s WHERE virtual_key_id = $1',
      [key.id],
    );
    const audits: Json[] = await app.db.query(
      'SELECT e::text AS text FROM governance.audit_entries e WHERE entity_id = $1',
      [key.id],
    );
    const rotated = await get(key.id);
    expect(rows).toHaveLength(2);
    expect(audits).toHaveLength(2);
    for (const { text } of [...rows, ...audits]) {
      for (const value of [key.value, rotated.value]) expect(text).not.toContain(value);
    }
    for (const { text } of audits) expect(text).not.toContain(app.hashOf(key.value));
  });

  it('answers concurrent updates with 200 each and keeps one of them', async () => {
    const key = await app.create('virtual-keys', { name: name() });
    const descriptions = Array.from({ length: 10 }, (_, index) => `update ${index}`);

    const answers = await Promise.all(
      descriptions.map((description) => app.call('PUT', `/virtual-keys/${key.id}`, { description })),
    );

    expect(answers.map(({ status }) => status)).toEqual(descriptions.map(() => 200));
    expect(descriptions).toContain((await get(key.id)).description);
  });
});
