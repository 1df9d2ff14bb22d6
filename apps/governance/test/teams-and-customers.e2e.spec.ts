import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const BUDGET = { max_limit: 100, reset_duration: '1M' };

describe('teams and customers', () => {
  let app: GovernanceApp;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  const read = async (kind: 'team' | 'customer', id: string): Promise<Json> =>
    (await app.call('GET', `/${kind}s/${id}`)).body[kind];

  describe('customers', () => {
    it('are created without children', async () => {
      const answer = await app.call('POST', '/customers', { name: 'Acme', budget: BUDGET });

      expect(answer.status).toBe(201);
      const { customer } = answer.body;
      expect(customer).toEqual({
        id: expect.any(String),
        name: 'Acme',
        budget_id: customer.budget.id,
        budget: expect.objectContaining({ ...BUDGET, current_usage: 0, last_reset: customer.created_at }),
        teams: [],
        virtual_keys: null,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      });
      expect(await read('customer', customer.id)).toEqual(customer);
    });

    it('show their teams without the relations of those', async () => {
      const customer = await app.create('customers', { name: 'with teams' });
      const team = await app.create('teams', { name: 'inside', customer_id: customer.id, budget: BUDGET });

      expect((await read('customer', customer.id)).teams).toEqual([
        {
          id: team.id,
          name: 'inside',
          customer_id: customer.id,
          budget_id: team.budget_id,
          virtual_keys: null,
          created_at: team.created_at,
          updated_at: team.updated_at,
        },
      ]);
    });

    it('may share a name', async () => {
      await app.create('customers', { name: 'Updated Customer Name' });
      await app.create('customers', { name: 'Updated Customer Name' });
    });

    it('are updated in part', async () => {
      const customer = await app.create('customers', { name: 'before', budget: BUDGET });
      app.clock.advance(1_000);

      expect((await app.call('PUT', `/customers/${customer.id}`, {})).body.customer).toEqual(customer);
      const { status, body } = await app.call('PUT', `/customers/${customer.id}`, { budget: { max_limit: 7 } });
      expect(status).toBe(200);
      expect(body.customer).toMatchObject({ name: 'before', budget: { max_limit: 7, reset_duration: '1M' } });
      expect(body.customer.budget.last_reset).toBe(customer.budget.last_reset);
      expect(body.customer.updated_at > customer.updated_at).toBe(true);
      expect(body.customer.created_at).toBe(customer.created_at);
    });

    it('carry rate limits too', async () => {
      const rate_limit = { request_max_limit: 5, request_reset_duration: '1m' };
      const customer = await app.create('customers', { name: 'limited', rate_limit });

      expect(customer).toMatchObject({ rate_limit_id: customer.rate_limit.id, rate_limit });
    });

    it.each([{}, { name: '' }, { name: 5 }, { name: 'n', budget: { max_limit: -1, reset_duration: '1d' } }])(
      'are refused as %j',
      async (body) => {
        expect((await app.call('POST', '/customers', body)).status).toBe(400);
      },
    );

    it('are listed with all their teams in one answer', async () => {
      const customer = await app.create('customers', { name: 'listed' });
      for (let index = 0; index < 12; index += 1) {
        await app.create('teams', { name: `team ${index}`, customer_id: customer.id });
      }
      const { body } = await app.call('GET', '/customers');

      expect(body.count).toBe(body.customers.length);
      expect(body.customers.find(({ id }: Json) => id === customer.id).teams).toHaveLength(12);
    });
  });

  describe('teams', () => {
    it('are created with a null list of keys', async () => {
      const answer = await app.call('POST', '/teams', { name: 'alone' });

      expect(answer.status).toBe(201);
      expect(answer.body.team).toEqual({
        id: expect.any(String),
        name: 'alone',
        virtual_keys: null,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      });
    });

    it('show their customer without its budget', async () => {
      const customer = await app.create('customers', { name: 'owner', budget: BUDGET });
      const team = await app.create('teams', { name: 'owned', customer_id: customer.id });

      expect(team.customer).toMatchObject({ id: customer.id, budget_id: customer.budget_id, teams: null });
      expect(team.customer).not.toHaveProperty('budget');
      expect(await read('team', team.id)).toEqual(team);
    });

    it('leave their customer for null, and the answer says so', async () => {
      const customer = await app.create('customers', { name: 'left' });
      const team = await app.create('teams', { name: 'leaving', customer_id: customer.id });

      const { status, body } = await app.call('PUT', `/teams/${team.id}`, { customer_id: null });

      expect(status).toBe(200);
      expect(body.team).toMatchObject({ customer_id: null, customer: null });
      expect(await read('team', team.id)).not.toHaveProperty('customer_id');
      expect(await read('customer', customer.id)).toMatchObject({ teams: [] });
    });

    it('stay what they are for {}', async () => {
      const customer = await app.create('customers', { name: 'kept' });
      const team = await app.create('teams', { name: 'staying', customer_id: customer.id, budget: BUDGET });
      app.clock.advance(1_000);

      expect((await app.call('PUT', `/teams/${team.id}`, {})).body.team).toEqual(team);
    });

    it('are filtered by customer', async () => {
      const customer = await app.create('customers', { name: 'filter' });
      const team = await app.create('teams', { name: 'in', customer_id: customer.id });

      expect((await app.call('GET', `/teams?customer_id=${customer.id}`)).body).toEqual({ teams: [team], count: 1 });
      expect((await app.call('GET', `/teams?customer_id=${UNKNOWN_ID}`)).body).toEqual({ teams: [], count: 0 });
      expect((await app.call('GET', '/teams?customer_id=')).body.count).toBeGreaterThan(1);
    });

    it.each([
      {},
      { name: '', customer_id: 'bogus' },
      { name: 'n', customer_id: UNKNOWN_ID },
      { name: 'n', budget: { max_limit: 1, reset_duration: 'never' } },
    ])('are refused as %j', async (body) => {
      expect((await app.call('POST', '/teams', body)).status).toBe(400);
    });
  });

  it.each(['/teams', '/customers'])('answer 404 to an unknown id below %s', async (path) => {
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      const answer = await app.call(method, `${path}/${UNKNOWN_ID}`, method === 'PUT' ? { name: 'n' } : undefined);
      expect(answer.status).toBe(404);
    }
  });

  describe('deletion', () => {
    it('is refused while children would go on spending, and names them', async () => {
      const customer = await app.create('customers', { name: 'parent' });
      const team = await app.create('teams', { name: 'child', customer_id: customer.id });
      const key = await app.create('virtual-keys', { name: 'grandchild', team_id: team.id });
      const direct = await app.create('virtual-keys', { name: 'direct child', customer_id: customer.id });

      const ofTeam = await app.call('DELETE', `/teams/${team.id}`);
      expect(ofTeam).toMatchObject({
        status: 409,
        body: { code: 'still_in_use', virtual_keys: [{ id: key.id, name: 'grandchild' }] },
      });
      const ofCustomer = await app.call('DELETE', `/customers/${customer.id}`);
      expect(ofCustomer).toMatchObject({
        status: 409,
        body: { teams: [{ id: team.id, name: 'child' }], virtual_keys: [{ id: direct.id, name: 'direct child' }] },
      });
      expect(ofCustomer.body.error).toContain('1 team (child) and 1 virtual key (direct child)');
    });

    it('takes the children along when told to, each with its audit entry', async () => {
      const customer = await app.create('customers', { name: 'whole' });
      const team = await app.create('teams', { name: 'part', customer_id: customer.id });
      const key = await app.create('virtual-keys', { name: 'of the part', team_id: team.id });
      const direct = await app.create('virtual-keys', { name: 'of the whole', customer_id: customer.id });

      const answer = await app.call('DELETE', `/customers/${customer.id}?cascade=true`);

      expect(answer.status).toBe(200);
      for (const path of [
        `customers/${customer.id}`,
        `teams/${team.id}`,
        `virtual-keys/${key.id}`,
        `virtual-keys/${direct.id}`,
      ]) {
        expect((await app.call('GET', `/${path}`)).status).toBe(404);
      }
      const audits: Json[] = await app.db.query(
        `SELECT entity_id FROM governance.audit_entries WHERE tenant_id = $1 AND action LIKE '%.deleted'`,
        [customer.id],
      );
      expect(new Set(audits.map((entry) => entry.entity_id))).toEqual(
        new Set([customer.id, team.id, key.id, direct.id]),
      );
      expect((await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body).toEqual({ found: false });
    });

    it('of an empty parent needs nothing', async () => {
      const customer = await app.create('customers', { name: 'empty', budget: BUDGET });

      expect(await app.call('DELETE', `/customers/${customer.id}`)).toMatchObject({
        status: 200,
        body: { message: 'Customer deleted successfully' },
      });
    });
  });
});
