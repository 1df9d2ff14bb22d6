import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const terms = { name: 'shared', max_limit: 100, reset_duration: '1d' };

describe('shared budgets', () => {
  let app: GovernanceApp;
  let count = 0;
  let customer: Json;
  let team: Json;
  let key: Json;
  /** Of the customer, without team. */
  let direct: Json;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    count += 1;
    customer = await app.create('customers', { name: `c ${count}` });
    team = await app.create('teams', { name: 't', customer_id: customer.id });
    key = await app.create('virtual-keys', { name: `k ${count}`, team_id: team.id });
    direct = await app.create('virtual-keys', { name: `d ${count}`, customer_id: customer.id });
  });

  const share = async (body: Json): Promise<Json> => {
    const answer = await app.call('POST', '/budgets', { ...terms, ...body });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.budget;
  };
  /** Ids of the shared budgets that gateways enforce for a key, as often as they would count. */
  const enforced = async ({ value }: Json): Promise<string[]> => {
    const { snapshot } = (await app.internal('GET', `/policies/${app.hashOf(value)}`)).body;
    return snapshot.limits.filter(({ entity }: Json) => entity === 'shared_budget').map(({ limitId }: Json) => limitId);
  };
  const auditOf = (id: string): Promise<Json[]> =>
    app.db.query('SELECT action, before, after FROM governance.audit_entries WHERE entity_id = $1 ORDER BY position', [
      id,
    ]);

  it('limit every key that is attached, itself or by its team, under one name and one counter', async () => {
    const epoch = await app.epochOf(customer.id);
    const budget = await share({ virtual_key_ids: [direct.id], team_ids: [team.id], thresholds: [80] });

    expect(budget).toMatchObject({
      ...terms,
      current_usage: 0,
      thresholds: [80],
      tenant_id: customer.id,
      virtual_key_ids: [direct.id],
      team_ids: [team.id],
    });
    expect(await app.epochOf(customer.id)).toBe(epoch + 1);
    expect(await enforced(key)).toEqual([budget.id]);
    expect(await enforced(direct)).toEqual([budget.id]);
    const named = [{ id: budget.id, name: 'shared' }];
    expect((await app.call('GET', `/virtual-keys/${key.id}`)).body.virtual_key.shared_budgets).toEqual(named);
    expect((await app.call('GET', `/teams/${team.id}`)).body.team.shared_budgets).toEqual(named);
    expect((await app.call('GET', `/budgets/${budget.id}`)).body.budget).toEqual(budget);
    expect((await auditOf(budget.id))[0]).toMatchObject({
      action: 'budget.created',
      before: null,
      after: { name: 'shared', virtual_key_ids: [direct.id], team_ids: [team.id] },
    });
  });

  it('count once for a key that is attached itself and by its team', async () => {
    const budget = await share({ virtual_key_ids: [key.id, key.id.toUpperCase()], team_ids: [team.id] });

    expect(budget.virtual_key_ids).toEqual([key.id]);
    expect(await enforced(key)).toEqual([budget.id]);
    expect((await app.call('GET', `/virtual-keys/${key.id}`)).body.virtual_key.shared_budgets).toHaveLength(1);
  });

  it('are not shown where nothing is attached', async () => {
    await share({ customer_id: customer.id });
    expect((await app.call('GET', `/virtual-keys/${key.id}`)).body.virtual_key).not.toHaveProperty('shared_budgets');
    expect((await app.call('GET', `/teams/${team.id}`)).body.team).not.toHaveProperty('shared_budgets');
  });

  it('are shared within a team without customer too', async () => {
    const alone = await app.create('teams', { name: 'alone' });
    const budget = await share({ team_ids: [alone.id] });
    expect(budget).toMatchObject({ tenant_id: alone.id, team_ids: [alone.id], virtual_key_ids: [] });
  });

  describe('of one customer', () => {
    let stranger: Json;
    let strangers: Json;

    beforeEach(async () => {
      strangers = await app.create('customers', { name: 'strangers' });
      stranger = await app.create('virtual-keys', { name: `stranger ${count}`, customer_id: strangers.id });
    });

    it.each<[string, () => Json, string]>([
      ['beside its own', () => ({ virtual_key_ids: [key.id, stranger.id] }), 'kept in one place'],
      ['by the name of the customer', () => ({ customer_id: customer.id, virtual_key_ids: [stranger.id] }), 'stranger'],
      ['by a team', () => ({ customer_id: strangers.id, team_ids: [team.id] }), customer?.id ?? 'belongs to'],
    ])('cannot be spent from by keys of another one: %s', async (_, bodyOf, sentence) => {
      const answer = await app.call('POST', '/budgets', { ...terms, ...bodyOf() });
      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect(answer.body.error).toContain(sentence);
      expect(await enforced(stranger)).toEqual([]);
    });

    it('cannot get one later, nor show up there', async () => {
      const budget = await share({ virtual_key_ids: [key.id] });
      const answer = await app.call('PUT', `/budgets/${budget.id}`, { virtual_key_ids: [key.id, stranger.id] });

      expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      expect((await app.call('GET', `/budgets/${budget.id}`)).body.budget).toEqual(budget);
      expect(await enforced(stranger)).toEqual([]);
      expect((await app.call('GET', `/budgets?customer_id=${strangers.id}`)).body).toEqual({ budgets: [], count: 0 });
    });
  });

  it.each<[string, Json, string]>([
    ['no name', { name: undefined, customer_id: UNKNOWN_ID }, 'validation_failed'],
    ['nobody to spend', {}, 'validation_failed'],
    ['an unknown customer', { customer_id: UNKNOWN_ID }, 'reference_dangling'],
    ['an unknown key', { virtual_key_ids: [UNKNOWN_ID] }, 'reference_dangling'],
    ['a key that is no id', { virtual_key_ids: ['x'] }, 'reference_dangling'],
    ['an unknown team', { team_ids: [UNKNOWN_ID] }, 'reference_dangling'],
    ['a list that is none', { team_ids: UNKNOWN_ID }, 'validation_failed'],
    ['a list of numbers', { virtual_key_ids: [1] }, 'validation_failed'],
  ])('are refused with %s', async (_, body, code) => {
    expect(await app.call('POST', '/budgets', { ...terms, ...body })).toMatchObject({ status: 400, body: { code } });
  });

  it.each([
    { max_limit: undefined },
    { reset_duration: undefined },
    { max_limit: undefined, reset_duration: undefined },
  ])('need a limit and a duration: %j', async (body) => {
    const answer = await app.call('POST', '/budgets', { ...terms, customer_id: customer.id, ...body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
  });

  describe('PUT', () => {
    it.each<[string, () => Json, () => Json]>([
      ['nothing', () => ({}), () => ({})],
      ['nulls', () => ({ name: null, virtual_key_ids: null, team_ids: null, max_limit: null }), () => ({})],
      ['the same', () => ({ ...terms, virtual_key_ids: [key.id] }), () => ({})],
      ['a name', () => ({ name: 'other' }), () => ({ name: 'other' })],
      ['a limit', () => ({ max_limit: 5 }), () => ({ max_limit: 5 })],
      ['another key', () => ({ virtual_key_ids: [direct.id] }), () => ({ virtual_key_ids: [direct.id] })],
      ['a team', () => ({ team_ids: [team.id] }), () => ({ team_ids: [team.id] })],
      ['nobody', () => ({ virtual_key_ids: [] }), () => ({ virtual_key_ids: [] })],
    ])('of %s changes that and nothing else', async (_, bodyOf, changesOf) => {
      const budget = await share({ virtual_key_ids: [key.id] });
      const epoch = await app.epochOf(customer.id);
      app.clock.advance(1_000);

      const answer = await app.call('PUT', `/budgets/${budget.id}`, bodyOf());

      const changes = changesOf();
      const isChanged = Object.keys(changes).length > 0;
      const { updated_at } = answer.body.budget;
      expect(answer).toMatchObject({ status: 200, body: { budget: { ...budget, ...changes, updated_at } } });
      expect(updated_at === budget.updated_at).toBe(!isChanged);
      expect(await app.epochOf(customer.id)).toBe(epoch + (isChanged ? 1 : 0));
      expect(await auditOf(budget.id)).toHaveLength(isChanged ? 2 : 1);
    });

    it('detaches and attaches for the very next look-up, and says both in the audit trail', async () => {
      const budget = await share({ virtual_key_ids: [key.id] });
      await app.call('PUT', `/budgets/${budget.id}`, { virtual_key_ids: [direct.id] });

      expect(await enforced(key)).toEqual([]);
      expect(await enforced(direct)).toEqual([budget.id]);
      expect((await auditOf(budget.id))[1]).toMatchObject({
        action: 'budget.updated',
        before: { virtual_key_ids: [key.id] },
        after: { virtual_key_ids: [direct.id] },
      });
    });

    it.each([{ name: 'n' }, { virtual_key_ids: [] }, { team_ids: [] }])(
      'of %j is refused on a budget of one owner',
      async (body) => {
        const owned = await app.create('teams', { name: 'o', budget: { max_limit: 1, reset_duration: '1d' } });
        const answer = await app.call('PUT', `/budgets/${owned.budget_id}`, body);
        expect(answer).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      },
    );
  });

  it('are no more than 16 for one key', async () => {
    const create = (index: number) =>
      app.call('POST', '/budgets', {
        name: `crowd ${index}`,
        max_limit: 1,
        reset_duration: '1d',
        virtual_key_ids: [direct.id],
      });
    for (let index = 0; index < 16; index += 1) expect((await create(index)).status).toBe(201);
    const answer = await create(16);
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('more than 16 shared budgets')]);
  });

  it('are listed by themselves and by customer', async () => {
    const owned = await app.call('PUT', `/customers/${customer.id}`, {
      budget: { max_limit: 1, reset_duration: '1d' },
    });
    const budget = await share({ virtual_key_ids: [key.id] });
    const ids = async (query: string): Promise<string[]> =>
      (await app.call('GET', `/budgets?customer_id=${customer.id}${query}`)).body.budgets.map(({ id }: Json) => id);
    const ownedId = owned.body.customer.budget_id;

    expect(await ids('')).toEqual([ownedId, budget.id]);
    expect(await ids('&shared=true')).toEqual([budget.id]);
    expect(await ids('&shared=false')).toEqual([ownedId]);
    expect((await app.call('GET', '/budgets?shared=maybe')).status).toBe(400);
    expect((await app.call('GET', '/budgets?customer_id=x')).body.count).toBe(0);
    const shared = (await app.call('GET', '/budgets?shared=true')).body.budgets;
    expect(shared.every(({ tenant_id }: Json) => tenant_id !== undefined)).toBe(true);
  });

  it('are deleted for everybody', async () => {
    const budget = await share({ virtual_key_ids: [key.id] });
    const epoch = await app.epochOf(customer.id);

    expect((await app.call('DELETE', `/budgets/${budget.id}`)).status).toBe(200);

    expect(await enforced(key)).toEqual([]);
    expect(await app.epochOf(customer.id)).toBe(epoch + 1);
    expect((await auditOf(budget.id))[1]).toMatchObject({ before: { virtual_key_ids: [key.id] }, after: null });
  });

  it('keep keys and teams that are attached from moving to another customer', async () => {
    const other = await app.create('customers', { name: 'other' });
    const budget = await share({ virtual_key_ids: [direct.id], team_ids: [team.id] });
    const refusal = { status: 409, body: { code: 'still_attached', budgets: [{ id: budget.id, name: 'shared' }] } };

    expect(await app.call('PUT', `/virtual-keys/${direct.id}`, { customer_id: other.id })).toMatchObject(refusal);
    expect(await app.call('PUT', `/teams/${team.id}`, { customer_id: other.id })).toMatchObject(refusal);
    expect(await app.call('PUT', `/teams/${team.id}`, { customer_id: null })).toMatchObject(refusal);
    expect(await enforced(direct)).toEqual([budget.id]);
    // A key leaves the team, not what it spends from: the budget is the team's, so it is free to go.
    expect((await app.call('PUT', `/virtual-keys/${key.id}`, { customer_id: other.id })).status).toBe(200);
    expect(await enforced(key)).toEqual([]);

    await app.call('PUT', `/budgets/${budget.id}`, { virtual_key_ids: [], team_ids: [] });
    expect((await app.call('PUT', `/teams/${team.id}`, { customer_id: other.id })).status).toBe(200);
  });

  it('keep a team that is their tenant where it is, with nothing attached too', async () => {
    const alone = await app.create('teams', { name: 'alone' });
    const budget = await share({ team_ids: [alone.id] });
    await app.call('PUT', `/budgets/${budget.id}`, { team_ids: [] });

    expect(await app.call('PUT', `/teams/${alone.id}`, { customer_id: customer.id })).toMatchObject({
      status: 409,
      body: { code: 'still_attached' },
    });
  });

  it('keep their tenant in use, and go with it in a cascade, each with its audit line', async () => {
    const empty = await app.create('customers', { name: 'empty' });
    const budget = await share({ customer_id: empty.id });
    const alone = await app.create('teams', { name: 'alone' });
    const ofTeam = await share({ team_ids: [alone.id] });

    for (const [path, { id }] of [
      [`/customers/${empty.id}`, budget],
      [`/teams/${alone.id}`, ofTeam],
    ] as const) {
      const answer = await app.call('DELETE', path);
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'still_in_use', shared_budgets: [{ id, name: 'shared' }] },
      });
      expect(answer.body.error).toContain('1 shared budget (shared)');
      expect((await app.call('DELETE', `${path}?cascade=true`)).status).toBe(200);
      expect((await app.call('GET', `/budgets/${id}`)).status).toBe(404);
      expect((await auditOf(id)).map(({ action }) => action)).toEqual(['budget.created', 'budget.deleted']);
    }
  });

  it('go with a key that is a tenant of its own', async () => {
    const alone = await app.create('virtual-keys', { name: `alone ${count}` });
    const budget = await share({ virtual_key_ids: [alone.id] });

    expect((await app.call('DELETE', `/virtual-keys/${alone.id}`)).status).toBe(200);
    expect((await auditOf(budget.id)).at(-1)).toMatchObject({ action: 'budget.deleted' });
  });

  it('lose a key that is deleted, and stay for the others', async () => {
    const budget = await share({ virtual_key_ids: [key.id, direct.id] });
    await app.call('DELETE', `/virtual-keys/${direct.id}`);
    expect((await app.call('GET', `/budgets/${budget.id}`)).body.budget.virtual_key_ids).toEqual([key.id]);
  });

  it('are never left behind by changes at once', async () => {
    const other = await app.create('customers', { name: 'other' });
    const answers = await Promise.all([
      app.call('POST', '/budgets', { ...terms, virtual_key_ids: [direct.id] }),
      app.call('PUT', `/virtual-keys/${direct.id}`, { customer_id: other.id }),
      app.call('DELETE', `/customers/${customer.id}?cascade=true`),
    ]);

    expect(answers.every(({ status }) => status < 500)).toBe(true);
    const [{ strays }] = await app.db.query(
      `SELECT count(*)::int AS strays FROM governance.budgets b
        LEFT JOIN governance.budget_attachments a ON a.budget_id = b.id
        LEFT JOIN governance.virtual_keys k ON k.id = a.virtual_key_id
       WHERE b.shared_tenant_id IN ($1, $2) AND COALESCE(k.customer_id, b.shared_tenant_id) <> b.shared_tenant_id
          OR b.shared_tenant_id = $1 AND NOT EXISTS (SELECT FROM governance.customers WHERE id = $1)`,
      [customer.id, other.id],
    );
    expect(strays).toBe(0);
  });
});
