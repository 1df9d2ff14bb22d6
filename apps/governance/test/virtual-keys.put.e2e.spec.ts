import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

/** Section 4 of the governance contract, row by row. */
describe('partial update of a virtual key', () => {
  let app: GovernanceApp;
  let team: Json;
  let customer: Json;
  let key: Json;
  let count = 0;

  beforeAll(async () => {
    app = await startGovernance();
    customer = await app.create('customers', { name: 'a customer' });
    team = await app.create('teams', { name: 'a team' });
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    key = await app.create('virtual-keys', {
      name: `key ${(count += 1)}`,
      description: 'as it was',
      allowed_models: ['gpt-4o'],
      team_id: team.id,
      budget: { max_limit: 100, reset_duration: '1h' },
      rate_limit: {
        token_max_limit: 10,
        token_reset_duration: '1h',
        request_max_limit: 5,
        request_reset_duration: '1m',
      },
    });
    app.clock.advance(1_000);
  });

  const put = (body: Json): ReturnType<GovernanceApp['call']> => app.call('PUT', `/virtual-keys/${key.id}`, body);
  const updated = async (body: Json): Promise<Json> => {
    const answer = await put(body);
    expect(answer.status).toBe(200);
    const { virtual_key } = (await app.call('GET', `/virtual-keys/${key.id}`)).body;
    expect(virtual_key).toEqual(answer.body.virtual_key);
    return virtual_key;
  };
  const untouched = (...fields: string[]): Json =>
    Object.fromEntries(Object.entries(key).filter(([field]) => ![...fields, 'updated_at'].includes(field)));

  it('changes nothing for {}', async () => {
    expect(await updated({})).toEqual(key);
  });

  it('changes nothing for null in every field', async () => {
    const fields = ['name', 'description', 'allowed_models', 'allowed_providers', 'is_active', 'budget', 'rate_limit'];
    expect(await updated(Object.fromEntries(fields.map((field) => [field, null])))).toEqual(key);
  });

  it.each([
    ['name', 'another name'],
    ['description', 'another text'],
    ['is_active', false],
    ['allowed_models', ['a', 'b']],
    ['allowed_models', []],
    ['allowed_providers', ['openai']],
  ])('changes %s and leaves the rest', async (field, value) => {
    const after = await updated({ [field]: value });

    expect(after).toMatchObject({ ...untouched(field), [field]: value });
    expect(Date.parse(after.updated_at)).toBeGreaterThan(Date.parse(key.updated_at));
  });

  it('omits an emptied description', async () => {
    expect(await updated({ description: '' })).not.toHaveProperty('description');
  });

  it('clears the team when a customer is set, and the other way round', async () => {
    const withCustomer = await updated({ customer_id: customer.id });
    expect(withCustomer).toMatchObject({ customer_id: customer.id, customer: { id: customer.id } });
    expect(withCustomer).not.toHaveProperty('team');
    expect(withCustomer).not.toHaveProperty('team_id');

    const withTeam = await updated({ team_id: team.id });
    expect(withTeam).toMatchObject({ team_id: team.id, team: { id: team.id } });
    expect(withTeam).not.toHaveProperty('customer');
  });

  it('refuses both owners, also when they are empty', async () => {
    for (const body of [
      { team_id: team.id, customer_id: customer.id },
      { team_id: '', customer_id: '' },
    ]) {
      const answer = await put(body);
      expect(answer.status).toBe(400);
      expect(answer.body.error.toLowerCase()).toContain('cannot be attached to both');
    }
  });

  it('detaches for an empty id and keeps for null', async () => {
    expect(await updated({ team_id: null, customer_id: null })).toEqual(key);
    expect(await updated({ team_id: '' })).not.toHaveProperty('team_id');
  });

  it('keeps duration, usage and last_reset when the limit changes', async () => {
    const after = await updated({ budget: { max_limit: 250 } });

    expect(after.budget).toEqual({ ...key.budget, max_limit: 250, updated_at: after.updated_at });
    expect(after).toMatchObject(untouched('budget'));
  });

  it('keeps limit, usage and last_reset when the duration changes', async () => {
    const after = await updated({ budget: { reset_duration: '1d' } });

    expect(after.budget).toEqual({ ...key.budget, reset_duration: '1d', updated_at: after.updated_at });
  });

  it.each([
    ['token_max_limit', 99],
    ['token_reset_duration', '2h'],
    ['request_max_limit', 99],
    ['request_reset_duration', '5m'],
  ])('changes %s of the rate limit and keeps the other three', async (field, value) => {
    const after = await updated({ rate_limit: { [field]: value } });

    expect(after.rate_limit).toEqual({ ...key.rate_limit, [field]: value, updated_at: after.updated_at });
  });

  it('creates limits where there were none', async () => {
    key = await app.create('virtual-keys', { name: `bare ${(count += 1)}` });

    const after = await updated({
      budget: { max_limit: 1, reset_duration: '30s' },
      rate_limit: { request_max_limit: 1, request_reset_duration: '100ms' },
    });

    expect(after).toMatchObject({ budget_id: after.budget.id, rate_limit_id: after.rate_limit.id });
    expect(after.rate_limit).not.toHaveProperty('token_max_limit');
    expect(after.budget.last_reset).toBe(new Date(app.clock.now()).toISOString());
  });

  it('refuses half a budget where there was none', async () => {
    key = await app.create('virtual-keys', { name: `bare ${(count += 1)}` });

    expect((await put({ budget: { max_limit: 1 } })).status).toBe(400);
    expect((await put({ budget: {} })).status).toBe(200);
  });

  it('removes limits for an object that names nothing', async () => {
    const after = await updated({ budget: {}, rate_limit: { token_max_limit: null } });

    expect(after).not.toHaveProperty('budget');
    expect(after).not.toHaveProperty('rate_limit_id');
  });

  it.each([
    { name: '' },
    { name: 1 },
    { is_active: 'yes' },
    { budget: 'x' },
    { budget: { max_limit: -5 } },
    { budget: { reset_duration: 'invalid_duration' } },
    { rate_limit: { token_max_limit: '5' } },
    { team_id: 'nobody' },
  ])('refuses %j and changes nothing', async (body) => {
    expect((await put(body)).status).toBe(400);
    expect((await app.call('GET', `/virtual-keys/${key.id}`)).body.virtual_key).toEqual(key);
  });

  it('moves last_reset with the windows, not with the update', async () => {
    app.clock.advance(2 * 3_600_000);

    const after = await updated({ budget: { max_limit: 7 } });

    expect(Date.parse(after.budget.last_reset)).toBe(Date.parse(key.created_at) + 2 * 3_600_000);
  });
});
