import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ContractClient, type Json, UNKNOWN_ID } from './support/contract-client.js';
import { BUDGET, expectUnchanged, expectUpdate } from './support/entities.js';

let client: ContractClient;

beforeAll(async () => {
  client = await ContractClient.start({ workers: 0, simulator: false });
});
afterEach(() => client.cleanUp());
afterAll(() => client?.stop());

describe('creating a customer', () => {
  it('with a name alone answers 201; teams is empty, virtual_keys null, no budget', async () => {
    const customer = await client.create('customers');

    expect(customer).toMatchObject({ teams: [], virtual_keys: null });
    for (const field of ['budget_id', 'budget']) expect(customer).not.toHaveProperty(field);
    expect(await client.get('customers', customer.id)).toEqual(customer);
  });

  it('with a budget shows it at zero', async () => {
    const customer = await client.create('customers', { budget: BUDGET });
    expect(customer.budget).toMatchObject({ ...BUDGET, current_usage: 0, last_reset: expect.any(String) });
    expect(customer.budget_id).toBe(customer.budget.id);
  });

  it.each<[what: string, body: Json]>([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a number for the name', { name: 5 }],
    ['a list for the budget', { name: 'n', budget: [] }],
    ['a negative budget', { name: 'n', budget: { max_limit: -1, reset_duration: '1h' } }],
    ['a bad duration', { name: 'n', budget: { max_limit: 1, reset_duration: 'invalid' } }],
    ['half a budget', { name: 'n', budget: { reset_duration: '1h' } }],
    ['an unparsable body', 'name=n'],
  ])('refuses %s with 400', async (_what, body) => {
    client.refusal(await client.call('POST', '/customers', body), 400);
  });

  it.each(['0', '1', '9223372036854775807'])('stores a budget of %s', async (limit) => {
    const body = `{"name":"limit","budget":{"max_limit":${limit},"reset_duration":"1Y"}}`;
    const { id } = client.success(await client.call('POST', '/customers', body), 201).customer;
    expect((await client.call('GET', `/customers/${id}`)).text).toContain(`"max_limit":${limit},`);
    await client.call('DELETE', `/customers/${id}`);
  });

  it('answers ten at once with 201 each', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => client.create('customers', { budget: BUDGET })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(10);
  });
});

describe('reading customers', () => {
  it('with fifty teams gives every one, with ids and without relations of its own', async () => {
    const customer = await client.create('customers', { budget: BUDGET });
    const teams = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        client.create('teams', { customer_id: customer.id, ...(index % 2 === 0 ? { budget: BUDGET } : {}) }),
      ),
    );

    const read = await client.get('customers', customer.id);
    expect(read.teams).toHaveLength(50);
    for (const team of teams) {
      const nested = read.teams.find(({ id }: Json) => id === team.id);
      expect(nested).toMatchObject({ name: team.name, customer_id: customer.id });
      expect(nested.budget_id).toBe(team.budget_id);
      // Null would break clients that look into it.
      expect(nested).not.toHaveProperty('budget');
      expect(nested).not.toHaveProperty('customer');
    }
    const listed = (await client.list('customers')).find(({ id }) => id === customer.id);
    expect(listed).toEqual(read);
  });

  it.each(['GET', 'PUT', 'DELETE'])('%s of an unknown id is 404', async (method) => {
    const answer = await client.call(method, `/customers/${UNKNOWN_ID}`, method === 'PUT' ? { name: 'n' } : undefined);
    client.refusal(answer, 404);
  });
});

describe('updating a customer', () => {
  let customer: Json;

  beforeEach(async () => {
    customer = await client.create('customers', { budget: BUDGET });
    await client.create('teams', { customer_id: customer.id });
    customer = await client.get('customers', customer.id);
  });

  it('its name alone; its teams stay', async () => {
    const after = await expectUpdate(client, 'customers', customer, {
      send: { name: 'Updated' },
      expected: { name: 'Updated' },
    });
    expect(after.teams).toHaveLength(1);
  });

  it.each(['max_limit', 'reset_duration'] as const)('%s of its budget alone', async (field) => {
    const value = field === 'max_limit' ? 30_000 : '3h';
    const after = await expectUpdate(client, 'customers', customer, {
      send: { budget: { [field]: value } },
      expected: { budget: { [field]: value } },
    });
    expectUnchanged(customer.budget, after.budget, [field, 'updated_at']);
  });

  it('name and budget at once', async () => {
    const send = { name: 'All', budget: { max_limit: 1, reset_duration: '6M' } };
    await expectUpdate(client, 'customers', customer, { send, expected: send });
  });

  it('with a first budget creates it', async () => {
    const bare = await client.create('customers');
    const after = await expectUpdate(client, 'customers', bare, {
      send: { budget: BUDGET },
      expected: { budget: BUDGET },
      touches: ['budget', 'budget_id'],
    });
    expect(after.budget_id).toBe(after.budget.id);
  });

  it.each<[what: string, body: Json]>([
    ['nothing', {}],
    ['null in every field', { name: null, budget: null, rate_limit: null }],
  ])('with %s answers what GET answers', async (_what, body) => {
    expectUnchanged(customer, await client.update('customers', customer.id, body), ['updated_at']);
    expectUnchanged(customer, await client.get('customers', customer.id), ['updated_at']);
  });

  it.each<[what: string, body: Json]>([
    ['a number for the name', { name: 1 }],
    ['an empty name', { name: '' }],
    ['a number for the budget', { budget: 5 }],
    ['a text for max_limit', { budget: { max_limit: '5' } }],
    ['a bad duration', { budget: { reset_duration: '' } }],
  ])('to %s is refused and leaves nothing', async (_what, body) => {
    client.refusal(await client.call('PUT', `/customers/${customer.id}`, { name: 'half', ...body }), 400);
    expect(await client.get('customers', customer.id)).toEqual(customer);
  });

  it('by ten at once answers 200 to each, and one of them stays', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `by ${index}`);
    await Promise.all(names.map((name) => client.update('customers', customer.id, { name })));
    expect(names).toContain((await client.get('customers', customer.id)).name);
  });
});

describe('deleting a customer', () => {
  it('is refused with the names of what it has, and with ?cascade=true takes all of it along', async () => {
    const customer = await client.create('customers', { budget: BUDGET });
    const team = await client.create('teams', { customer_id: customer.id });
    const ofTeam = await client.create('virtual-keys', { team_id: team.id });
    const direct = await client.create('virtual-keys', { customer_id: customer.id });

    const refused = await client.call('DELETE', `/customers/${customer.id}`);
    const sentence = client.refusal(refused, 409);
    for (const { name } of [team, direct]) expect(sentence).toContain(name);
    expect(refused.body).toMatchObject({ teams: [{ id: team.id }], virtual_keys: [{ id: direct.id }] });

    client.success(await client.call('DELETE', `/customers/${customer.id}?cascade=true`), 200);
    const paths = [`/customers/${customer.id}`, `/teams/${team.id}`, `/budgets/${customer.budget_id}`];
    for (const path of [...paths, ...[ofTeam, direct].map(({ id }) => `/virtual-keys/${id}`)]) {
      client.refusal(await client.call('GET', path), 404);
    }
  });

  it('without children needs nothing', async () => {
    const customer = await client.create('customers');
    expect(client.success(await client.call('DELETE', `/customers/${customer.id}`), 200)).toEqual({
      message: expect.any(String),
    });
    client.refusal(await client.call('GET', `/customers/${customer.id}`), 404);
  });

  it('with an unknown word for cascade is refused rather than guessed', async () => {
    const customer = await client.create('customers');
    client.refusal(await client.call('DELETE', `/customers/${customer.id}?cascade=yes`), 400);
    client.success(await client.call('GET', `/customers/${customer.id}`), 200);
  });
});
