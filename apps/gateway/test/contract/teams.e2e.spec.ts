import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ContractClient, type Json, UNKNOWN_ID } from './support/contract-client.js';
import { BUDGET, expectUnchanged, expectUnset, expectUpdate, RATE_LIMIT } from './support/entities.js';

let client: ContractClient;

beforeAll(async () => {
  client = await ContractClient.start({ workers: 0, simulator: false });
});
afterEach(() => client.cleanUp());
afterAll(() => client?.stop());

describe('creating a team', () => {
  it('with a name alone answers 201; virtual_keys is null, the rest unset', async () => {
    const team = await client.create('teams');

    expect(team).toHaveProperty('virtual_keys', null);
    for (const field of ['customer_id', 'budget_id', 'customer', 'budget']) expect(team).not.toHaveProperty(field);
    expect(await client.get('teams', team.id)).toEqual(team);
  });

  it('of a customer with a budget loads both, one level deep', async () => {
    const customer = await client.create('customers', { budget: BUDGET });
    const team = await client.create('teams', { customer_id: customer.id, budget: BUDGET, rate_limit: RATE_LIMIT });

    expect(team).toMatchObject({
      customer_id: customer.id,
      customer: { id: customer.id, name: customer.name, budget_id: customer.budget_id },
      budget: { ...BUDGET, current_usage: 0, last_reset: expect.any(String) },
      budget_id: team.budget.id,
      rate_limit: RATE_LIMIT,
    });
    expect(team.customer).not.toHaveProperty('budget');
  });

  it('lets names repeat', async () => {
    const name = 'Updated Team Name';
    const [first, second] = [await client.create('teams', { name }), await client.create('teams', { name })];
    expect(first.id).not.toBe(second.id);
  });

  it.each<[what: string, body: Json]>([
    ['no name', {}],
    ['no name, before it looks for the customer', { customer_id: 'bogus' }],
    ['an empty name', { name: '' }],
    ['a number for the name', { name: 5 }],
    ['a number for the customer', { name: 'n', customer_id: 5 }],
    ['a customer that does not exist', { name: 'n', customer_id: UNKNOWN_ID }],
    ['a text for the budget', { name: 'n', budget: 'much' }],
    ['a negative budget', { name: 'n', budget: { max_limit: -1, reset_duration: '1h' } }],
    ['a bad duration', { name: 'n', budget: { max_limit: 1, reset_duration: 'invalid_duration' } }],
    ['a text for max_limit', { name: 'n', budget: { max_limit: '1', reset_duration: '1h' } }],
    ['a number for reset_duration', { name: 'n', budget: { max_limit: 1, reset_duration: 60 } }],
    ['an unparsable body', '{"name"'],
  ])('refuses %s with 400', async (_what, body) => {
    client.refusal(await client.call('POST', '/teams', body), 400);
  });

  it.each(['0', '1', '9223372036854775807'])('stores a budget of %s', async (limit) => {
    const body = `{"name":"limit","budget":{"max_limit":${limit},"reset_duration":"1M"}}`;
    const answer = await client.call('POST', '/teams', body);
    const { id } = client.success(answer, 201).team;
    expect((await client.call('GET', `/teams/${id}`)).text).toContain(`"max_limit":${limit},`);
    await client.call('DELETE', `/teams/${id}`);
  });
});

describe('listing teams', () => {
  it('gives all of them without a cap, and those of one customer', async () => {
    const customer = await client.create('customers');
    const own = await Promise.all(
      Array.from({ length: 15 }, () => client.create('teams', { customer_id: customer.id })),
    );
    const other = await client.create('teams');

    const all = (await client.list('teams')).map(({ id }) => id);
    expect(all).toEqual(expect.arrayContaining([...own.map(({ id }) => id), other.id]));
    const filtered = await client.list('teams', `?customer_id=${customer.id}`);
    expect(new Set(filtered.map(({ id }) => id))).toEqual(new Set(own.map(({ id }) => id)));
    expect(filtered[0].customer.id).toBe(customer.id);
    expect((await client.list('teams', '?customer_id=')).map(({ id }) => id)).toEqual(all);
    expect(await client.list('teams', `?customer_id=${UNKNOWN_ID}`)).toEqual([]);
    expect(await client.list('teams', '?customer_id=nobody')).toEqual([]);
  });
});

describe('updating a team', () => {
  let customer: Json;
  let team: Json;

  beforeEach(async () => {
    customer = await client.create('customers', { budget: BUDGET });
    team = await client.create('teams', { customer_id: customer.id, budget: BUDGET });
  });

  it('its name alone', async () => {
    await expectUpdate(client, 'teams', team, { send: { name: 'Updated' }, expected: { name: 'Updated' } });
  });

  it('its customer alone', async () => {
    const another = await client.create('customers');
    await expectUpdate(client, 'teams', team, {
      send: { customer_id: another.id },
      expected: { customer_id: another.id, customer: { id: another.id } },
    });
  });

  it.each(['max_limit', 'reset_duration'] as const)('%s of its budget alone', async (field) => {
    const value = field === 'max_limit' ? 30_000 : '3h';
    const after = await expectUpdate(client, 'teams', team, {
      send: { budget: { [field]: value } },
      expected: { budget: { [field]: value } },
    });
    expectUnchanged(team.budget, after.budget, [field, 'updated_at']);
  });

  it('everything at once', async () => {
    const another = await client.create('customers');
    const send = { name: 'All', customer_id: another.id, budget: { max_limit: 1, reset_duration: '1w' } };
    await expectUpdate(client, 'teams', team, { send, expected: send, touches: [...Object.keys(send), 'customer'] });
  });

  it('with a first budget creates it', async () => {
    const bare = await client.create('teams');
    const after = await expectUpdate(client, 'teams', bare, {
      send: { budget: BUDGET },
      expected: { budget: BUDGET },
      touches: ['budget', 'budget_id'],
    });
    expect(after.budget_id).toBe(after.budget.id);
  });

  it('with half of a first budget is refused', async () => {
    const bare = await client.create('teams');
    for (const budget of [{ max_limit: 1 }, { reset_duration: '1h' }]) {
      client.refusal(await client.call('PUT', `/teams/${bare.id}`, { budget }), 400);
    }
  });

  it.each<[what: string, body: Json]>([
    ['nothing', {}],
    ['null for name and budget', { name: null, budget: null, rate_limit: null }],
  ])('with %s answers what GET answers', async (_what, body) => {
    const before = await client.get('teams', team.id);
    expectUnchanged(before, await client.update('teams', team.id, body), ['updated_at']);
    expectUnchanged(before, await client.get('teams', team.id), ['updated_at']);
  });

  it('with null for the customer takes it from its customer, and the answer shows that', async () => {
    const after = await client.update('teams', team.id, { customer_id: null });
    expect(after).toMatchObject({ customer_id: null, customer: null });
    expectUnset(await client.get('teams', team.id), 'customer_id', 'customer');
  });

  it.each<[what: string, body: Json]>([
    ['a number for the name', { name: 1 }],
    ['an empty name', { name: '' }],
    ['a customer that does not exist', { customer_id: UNKNOWN_ID }],
    ['a text for the budget', { budget: 'x' }],
    ['a negative budget', { budget: { max_limit: -1 } }],
    ['a bad duration', { budget: { reset_duration: '1d12h' } }],
  ])('to %s is refused and leaves nothing', async (_what, body) => {
    const before = await client.get('teams', team.id);
    client.refusal(await client.call('PUT', `/teams/${team.id}`, { name: 'half', ...body }), 400);
    expect(await client.get('teams', team.id)).toEqual(before);
  });

  it('by ten at once answers 200 to each, and one of them stays', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `by ${index}`);
    await Promise.all(names.map((name) => client.update('teams', team.id, { name })));
    expect(names).toContain((await client.get('teams', team.id)).name);
  });
});

describe('a team that is gone', () => {
  it.each(['GET', 'PUT', 'DELETE'])('%s of an unknown id is 404', async (method) => {
    client.refusal(
      await client.call(method, `/teams/${UNKNOWN_ID}`, method === 'PUT' ? { name: 'n' } : undefined),
      404,
    );
  });

  it('is not deleted while keys are in it, which are named; with ?cascade=true it takes them along', async () => {
    const team = await client.create('teams');
    const key = await client.create('virtual-keys', { team_id: team.id });

    const refused = await client.call('DELETE', `/teams/${team.id}`);
    expect(client.refusal(refused, 409)).toContain(key.name);
    expect(refused.body.virtual_keys).toEqual([{ id: key.id, name: key.name }]);
    client.success(await client.call('GET', `/teams/${team.id}`), 200);

    expect(client.success(await client.call('DELETE', `/teams/${team.id}?cascade=true`), 200)).toEqual({
      message: expect.any(String),
    });
    client.refusal(await client.call('GET', `/teams/${team.id}`), 404);
    client.refusal(await client.call('GET', `/virtual-keys/${key.id}`), 404);
  });

  it('without keys is deleted with its budget', async () => {
    const team = await client.create('teams', { budget: BUDGET });
    client.success(await client.call('DELETE', `/teams/${team.id}`), 200);
    client.refusal(await client.call('GET', `/teams/${team.id}`), 404);
    client.refusal(await client.call('GET', `/budgets/${team.budget_id}`), 404);
  });
});

describe('requests that no route is asked about, through the same origin', () => {
  it.each<[method: string, path: string, status: number]>([
    ['GET', '/nothing', 404],
    ['GET', '', 404],
    ['POST', `/teams/${UNKNOWN_ID}`, 405],
    ['PATCH', '/teams', 405],
    ['GET', '/teams/%ff', 400],
    ['GET', `/teams/${'x'.repeat(1_000)}`, 404],
    ['GET', '/teams?limit=0', 400],
    ['GET', '/teams?limit=1&limit=2', 400],
  ])('%s %s is %i with a sentence', async (method, path, status) => {
    client.refusal(await client.call(method, path, method === 'GET' ? undefined : { name: 'n' }), status);
  });

  it('a body that is larger than accepted is 413, however large', async () => {
    for (const megabytes of [1.5, 12]) {
      const body = `{"name":"${'x'.repeat(megabytes * 1_000_000)}"}`;
      client.refusal(await client.call('POST', '/teams', body), 413);
    }
  });

  it('a body of another kind is 415', async () => {
    const headers = { 'x-admin-key': client.operatorKey, 'content-type': 'text/plain' };
    client.refusal(await client.call('POST', '/teams', 'name=n', headers), 415);
  });

  it('an address with a slash at its end is the same address', async () => {
    const team = await client.create('teams');
    expect(client.success(await client.call('GET', `/teams/${team.id}/`), 200).team).toEqual(team);
  });
});
