import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ContractClient, type Json, UNKNOWN_ID } from './support/contract-client.js';
import { BUDGET, COMPLETE_KEY, expectUnchanged, expectUnset, expectUpdate, RATE_LIMIT } from './support/entities.js';

let client: ContractClient;

beforeAll(async () => {
  client = await ContractClient.start({ workers: 0, simulator: false });
});
afterEach(() => client.cleanUp());
afterAll(() => client?.stop());

describe('creating a virtual key', () => {
  it('with a name alone answers 201 with the defaults, null or absent as tabled', async () => {
    const key = await client.create('virtual-keys');

    expect(key).toMatchObject({ is_active: true, allowed_models: null, allowed_providers: null });
    expect(Object.keys(key)).toEqual(expect.arrayContaining(['allowed_models', 'allowed_providers']));
    expect(key.value).toMatch(/^sk-bf-[\w-]{32,}$/);
    expectUnset(key, 'description', 'team_id', 'customer_id', 'budget_id', 'rate_limit_id');
    expectUnset(key, 'team', 'customer', 'budget', 'rate_limit');
    expect(Number.isNaN(Date.parse(key.created_at) + Date.parse(key.updated_at))).toBe(false);
    expect(await client.get('virtual-keys', key.id)).toEqual(key);
  });

  it('with everything echoes every value', async () => {
    const key = await client.create('virtual-keys', COMPLETE_KEY);

    expect(key).toMatchObject({ ...COMPLETE_KEY, budget_id: key.budget.id, rate_limit_id: key.rate_limit.id });
    expect(key.budget).toMatchObject({ current_usage: 0, last_reset: expect.any(String) });
    expect(key.rate_limit).toMatchObject({ token_current_usage: 0, request_current_usage: 0 });
    for (const field of ['token_last_reset', 'request_last_reset', 'created_at', 'updated_at']) {
      expect(Number.isNaN(Date.parse(key.rate_limit[field]))).toBe(false);
    }
  });

  it('with half a rate limit omits the other half', async () => {
    const { rate_limit } = await client.create('virtual-keys', {
      rate_limit: { request_max_limit: 5, request_reset_duration: '30s' },
    });

    expect(rate_limit).toMatchObject({ request_max_limit: 5, request_reset_duration: '30s', token_current_usage: 0 });
    expect(rate_limit).not.toHaveProperty('token_max_limit');
    expect(rate_limit).not.toHaveProperty('token_reset_duration');
  });

  it('in a team loads the team, and not what the team has', async () => {
    const customer = await client.create('customers', { budget: BUDGET });
    const team = await client.create('teams', { customer_id: customer.id, budget: BUDGET });
    const key = await client.create('virtual-keys', { team_id: team.id });

    expect(key).toMatchObject({
      team_id: team.id,
      team: { id: team.id, name: team.name, customer_id: customer.id, budget_id: team.budget_id },
    });
    expectUnset(key.team, 'customer', 'budget');
    expectUnset(key, 'customer_id', 'customer');
  });

  it('of a customer loads the customer, with teams null', async () => {
    const customer = await client.create('customers', { budget: BUDGET });
    const key = await client.create('virtual-keys', { customer_id: customer.id });

    expect(key).toMatchObject({
      customer_id: customer.id,
      customer: { id: customer.id, name: customer.name, teams: null, budget_id: customer.budget_id },
    });
    expectUnset(key.customer, 'budget');
    expectUnset(key, 'team_id', 'team');
  });

  it('takes null for every optional field, and keeps an empty list as one', async () => {
    const nothing = { description: null, team_id: null, customer_id: null, budget: null, rate_limit: null };
    const key = await client.create('virtual-keys', {
      ...nothing,
      is_active: null,
      allowed_models: [],
      allowed_providers: null,
    });

    expect(key).toMatchObject({ is_active: true, allowed_models: [], allowed_providers: null });
  });

  it.each(['0', '1', '9223372036854775807'])('stores the limit %s and echoes its digits', async (limit) => {
    const body = `{"name":"limit ${limit}","budget":{"max_limit":${limit},"reset_duration":"1h"},
      "rate_limit":{"token_max_limit":${limit},"token_reset_duration":"1h",
      "request_max_limit":${limit},"request_reset_duration":"1h"}}`;
    const answer = await client.call('POST', '/virtual-keys', body);
    const { id } = client.success(answer, 201).virtual_key;

    const read = await client.call('GET', `/virtual-keys/${id}`);
    for (const { text } of [answer, read]) {
      expect([...text.matchAll(/max_limit":(\d+)/g)].map(([, digits]) => digits)).toEqual([limit, limit, limit]);
    }
    await client.call('DELETE', `/virtual-keys/${id}`);
  });

  it.each([
    '1s',
    '5s',
    '30s',
    '1m',
    '2m',
    '5m',
    '1h',
    '2h',
    '24h',
    '1d',
    '1w',
    '1M',
    '3M',
    '6M',
    '1Y',
    '1h30m',
    '0.5d',
  ])('takes the duration %s', async (reset_duration) => {
    const key = await client.create('virtual-keys', { budget: { max_limit: 1, reset_duration } });
    expect(key.budget.reset_duration).toBe(reset_duration);
  });

  it('ignores fields that nobody knows', async () => {
    const key = await client.create('virtual-keys', { colour: 'red', budget: { ...BUDGET, colour: 'red' } });
    expect(key).not.toHaveProperty('colour');
    expect(key.budget).not.toHaveProperty('colour');
  });

  it.each<[what: string, body: Json]>([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['null for the name', { name: null }],
    ['an unparsable body', '{"name": '],
    ['a negative budget', { name: 'n', budget: { max_limit: -1, reset_duration: '1h' } }],
    ['a budget without duration', { name: 'n', budget: { max_limit: 1 } }],
    ['a limit beyond 2^63', '{"name":"n","budget":{"max_limit":9300000000000000000,"reset_duration":"1h"}}'],
    ...['', 'invalid', 'invalid_duration', '1d12h', '0s', '-1h', '1', 'h'].map((reset_duration): [string, Json] => [
      `the duration "${reset_duration}"`,
      { name: 'n', budget: { max_limit: 1, reset_duration } },
    ]),
    ['a bad duration of tokens', { name: 'n', rate_limit: { token_max_limit: 1, token_reset_duration: 'invalid' } }],
    ['a negative request limit', { name: 'n', rate_limit: { request_max_limit: -1, request_reset_duration: '1h' } }],
    ['a team that does not exist', { name: 'n', team_id: UNKNOWN_ID }],
    ['a customer that does not exist', { name: 'n', customer_id: UNKNOWN_ID }],
    ['a team id that is no id', { name: 'n', team_id: 'nobody' }],
  ])('refuses %s with 400 and a sentence', async (_what, body) => {
    client.refusal(await client.call('POST', '/virtual-keys', body), 400);
  });

  it('refuses a team and a customer together, in the words that clients look for', async () => {
    const customer = await client.create('customers');
    const team = await client.create('teams');
    const answer = await client.call('POST', '/virtual-keys', {
      name: client.uniqueName('both'),
      team_id: team.id,
      customer_id: customer.id,
    });
    expect(client.refusal(answer, 400)).toContain('cannot be attached to both');
  });

  it('answers twenty at once with 201 each, under ids and values of their own', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => client.create('virtual-keys', COMPLETE_KEY)));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(20);
    expect(new Set(keys.map(({ value }) => value)).size).toBe(20);
  });
});

describe('strict types: a field of another type is 400, on creation and on update', () => {
  const WRONG: [path: string, value: Json][] = [
    ['name', 123],
    ['name', true],
    ['name', ['n']],
    ['description', 5],
    ['is_active', 'true'],
    ['is_active', 1],
    ['allowed_models', 'gpt-4'],
    ['allowed_models', [1]],
    ['allowed_models', { 0: 'gpt-4' }],
    ['allowed_providers', 'openai'],
    ['allowed_providers', [null]],
    ['team_id', 7],
    ['team_id', {}],
    ['customer_id', true],
    ['budget', 'much'],
    ['budget', 5],
    ['budget', []],
    ['budget.max_limit', '100'],
    ['budget.max_limit', true],
    ['budget.reset_duration', 3_600],
    ['rate_limit', 'fast'],
    ['rate_limit.token_max_limit', '5'],
    ['rate_limit.token_max_limit', 1.5],
    ['rate_limit.token_reset_duration', 60],
    ['rate_limit.request_max_limit', [5]],
    ['rate_limit.request_reset_duration', false],
  ];
  const withValue = (path: string, value: Json): Json => {
    const [field = '', nested] = path.split('.');
    const whole = { name: 'typed', budget: BUDGET, rate_limit: RATE_LIMIT } as Json;
    return nested === undefined
      ? { ...whole, [field]: value }
      : { ...whole, [field]: { ...whole[field], [nested]: value } };
  };

  it.each(WRONG)('%s: %j', async (path, value) => {
    const key = await client.create('virtual-keys');
    const body = withValue(path, value);

    for (const answer of [
      await client.call('POST', '/virtual-keys', body),
      await client.call('PUT', `/virtual-keys/${key.id}`, body),
    ]) {
      expect(client.refusal(answer, 400)).toContain(path.split('.').at(-1));
    }
    expect(await client.get('virtual-keys', key.id)).toEqual(key);
  });

  it.each(['[]', 'null', '"text"', '1', '{', ''])('the body %j', async (body) => {
    const key = await client.create('virtual-keys');
    client.refusal(await client.call('POST', '/virtual-keys', body), 400);
    // Nothing at all on PUT is an update without fields.
    if (body !== '') client.refusal(await client.call('PUT', `/virtual-keys/${key.id}`, body), 400);
  });
});

describe('reading virtual keys', () => {
  it('lists every one with its relations, values masked', async () => {
    const team = await client.create('teams', { budget: BUDGET });
    const keys = [];
    for (let index = 0; index < 12; index += 1) {
      keys.push(await client.create('virtual-keys', { ...COMPLETE_KEY, team_id: team.id }));
    }

    const listed = await client.list('virtual-keys');
    for (const key of keys) {
      const entry = listed.find(({ id }: Json) => id === key.id);
      expectUnchanged(key, entry, ['value', 'secrets']);
      expect(entry.value).not.toBe(key.value);
      expect(entry.value.endsWith(key.value.slice(-4))).toBe(true);
    }
    expect((await client.list('virtual-keys', `?team_id=${team.id}&limit=5&offset=10`)).map(({ id }) => id)).toEqual(
      keys.slice(10).map(({ id }) => id),
    );
  });

  it.each(['GET', 'PUT', 'DELETE'])('%s of an unknown id is 404', async (method) => {
    const answer = await client.call(method, `/virtual-keys/${UNKNOWN_ID}`, method === 'PUT' ? {} : undefined);
    client.refusal(answer, 404);
  });

  it.each(['GET', 'POST', 'PUT', 'DELETE'])('%s without a credential, or with a wrong one, is 401', async (method) => {
    const path = method === 'POST' ? '/virtual-keys' : `/virtual-keys/${UNKNOWN_ID}`;
    const body = method === 'POST' || method === 'PUT' ? { name: 5 } : undefined;
    const wrong: Record<string, string>[] = [
      {},
      { 'x-admin-key': '' },
      { 'x-admin-key': 'another key' },
      { authorization: 'Bearer x' },
    ];
    for (const headers of wrong) {
      client.refusal(await client.call(method, path, body, headers), 401);
    }
  });
});

describe('updating a virtual key', () => {
  let key: Json;

  beforeEach(async () => {
    const team = await client.create('teams', { budget: BUDGET });
    key = await client.create('virtual-keys', { ...COMPLETE_KEY, team_id: team.id });
  });

  it.each<[field: string, value: Json]>([
    ['name', 'Another Name'],
    ['description', 'Another description'],
    ['allowed_models', ['gpt-4o']],
    ['allowed_models', []],
    ['allowed_providers', ['openai']],
    ['allowed_providers', []],
    ['is_active', false],
  ])('%s to %j touches nothing else', async (field, value) => {
    await expectUpdate(client, 'virtual-keys', key, { send: { [field]: value }, expected: { [field]: value } });
  });

  it.each(['max_limit', 'reset_duration'] as const)('%s of the budget keeps the rest of it', async (field) => {
    const value = field === 'max_limit' ? 20_000 : '2h';
    const after = await expectUpdate(client, 'virtual-keys', key, {
      send: { budget: { [field]: value } },
      expected: { budget: { [field]: value } },
    });
    expectUnchanged(key.budget, after.budget, [field, 'updated_at']);
  });

  it.each<[field: string, value: Json]>([
    ['token_max_limit', 2_000],
    ['token_reset_duration', '2m'],
    ['request_max_limit', 200],
    ['request_reset_duration', '2h'],
  ])('%s of the rate limit keeps the other three', async (field, value) => {
    const after = await expectUpdate(client, 'virtual-keys', key, {
      send: { rate_limit: { [field]: value } },
      expected: { rate_limit: { [field]: value } },
    });
    expectUnchanged(key.rate_limit, after.rate_limit, [field, 'updated_at']);
  });

  it('several fields at once', async () => {
    const send = {
      description: 'both',
      is_active: false,
      budget: { max_limit: 5 },
      rate_limit: { token_max_limit: 5 },
    };
    await expectUpdate(client, 'virtual-keys', key, { send, expected: send });
  });

  it.each<[what: string, body: Json]>([
    ['nothing', {}],
    ['null in every field', Object.fromEntries([...Object.keys(COMPLETE_KEY), 'team_id'].map((name) => [name, null]))],
    ['the values that are there', COMPLETE_KEY],
  ])('with %s answers what GET answers and changes nothing', async (_what, body) => {
    const before = await client.get('virtual-keys', key.id);
    const answered = await client.update('virtual-keys', key.id, body);
    expectUnchanged(before, answered, ['updated_at']);
    expect(await client.get('virtual-keys', key.id)).toEqual(answered);
  });

  it('creates a budget and a rate limit where there were none', async () => {
    const bare = await client.create('virtual-keys');
    const after = await expectUpdate(client, 'virtual-keys', bare, {
      send: { budget: BUDGET, rate_limit: RATE_LIMIT },
      expected: { budget: BUDGET, rate_limit: RATE_LIMIT },
      touches: ['budget', 'budget_id', 'rate_limit', 'rate_limit_id'],
    });
    expect([after.budget_id, after.rate_limit_id]).toEqual([after.budget.id, after.rate_limit.id]);
  });

  it('from team to customer and back clears the other one', async () => {
    const customer = await client.create('customers');
    const ofCustomer = await expectUpdate(client, 'virtual-keys', key, {
      send: { customer_id: customer.id },
      expected: { customer_id: customer.id, customer: { id: customer.id } },
      touches: ['customer_id', 'customer', 'team_id', 'team'],
    });
    expectUnset(ofCustomer, 'team_id', 'team');
    const ofTeam = await expectUpdate(client, 'virtual-keys', ofCustomer, {
      send: { team_id: key.team_id },
      expected: { team_id: key.team_id, team: key.team },
      touches: ['customer_id', 'customer', 'team_id', 'team'],
    });
    expectUnset(ofTeam, 'customer_id', 'customer');
  });

  it('to a team and a customer is refused, and leaves no part of the request', async () => {
    const customer = await client.create('customers');
    const before = await client.get('virtual-keys', key.id);
    const body = { description: 'half', team_id: key.team_id, customer_id: customer.id };

    const sentence = client.refusal(await client.call('PUT', `/virtual-keys/${key.id}`, body), 400);
    expect(sentence).toContain('cannot be attached to both');
    expect(await client.get('virtual-keys', key.id)).toEqual(before);
  });

  it.each<[what: string, body: Json]>([
    ['a team that does not exist', { team_id: UNKNOWN_ID }],
    ['a customer that does not exist', { customer_id: UNKNOWN_ID }],
    ['a negative limit', { budget: { max_limit: -5 } }],
    ['a bad duration', { budget: { reset_duration: 'invalid' } }],
    ['an empty name', { name: '' }],
  ])('to %s is refused, and leaves no part of the request', async (_what, body) => {
    const before = await client.get('virtual-keys', key.id);
    client.refusal(await client.call('PUT', `/virtual-keys/${key.id}`, { description: 'half', ...body }), 400);
    expect(await client.get('virtual-keys', key.id)).toEqual(before);
  });

  it('by ten at once answers 200 to each, and one of them is what stays', async () => {
    const sent = Array.from({ length: 10 }, (_, index) => ({
      description: `by ${index}`,
      budget: { max_limit: 1_000 + index },
    }));
    await Promise.all(sent.map((fields) => client.update('virtual-keys', key.id, fields)));

    const { description, budget } = await client.get('virtual-keys', key.id);
    expect(sent).toContainEqual({ description, budget: { max_limit: budget.max_limit } });
  });
});

describe('deleting a virtual key', () => {
  it('with a content type of JSON and no body is 200 with a sentence; then it is gone', async () => {
    const key = await client.create('virtual-keys', COMPLETE_KEY);

    const body = client.success(await client.call('DELETE', `/virtual-keys/${key.id}`), 200);
    expect(typeof body.message).toBe('string');
    for (const method of ['GET', 'DELETE']) client.refusal(await client.call(method, `/virtual-keys/${key.id}`), 404);
    client.refusal(await client.call('GET', `/budgets/${key.budget_id}`), 404);
    client.refusal(await client.call('GET', `/rate-limits/${key.rate_limit_id}`), 404);
  });
});
