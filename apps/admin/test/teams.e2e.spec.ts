import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { checkCredits } from '@penstock/management';

import { type AdminApp, type AdminProcess, type Answer, type Json, startAdmin } from './support/admin-app.js';
import { createUser, login } from './support/operators.js';

let admin: AdminApp;
let replica: AdminProcess;
let orgs = 0;

beforeAll(async () => {
  admin = await startAdmin();
  replica = await admin.startReplica();
  for (const group_name of ['Chat', 'Analysis']) {
    await ok(
      admin.call('POST', '/api/model-groups/create', {
        group_name,
        models: [{ model_name: 'gpt-4o' }, { model_name: 'openai/gpt-4o-mini', priority: 1 }],
      }),
    );
  }
  await ok(
    admin.call('POST', '/api/models/create', {
      model_alias: 'fast',
      display_name: 'Fast',
      provider: 'openai',
      actual_model: 'gpt-4o-mini',
    }),
  );
  await ok(
    admin.call('POST', '/api/model-access-groups/create', {
      group_name: 'basic',
      display_name: 'Basic',
      model_aliases: ['fast'],
    }),
  );
});

afterAll(async () => {
  await replica.stop();
  await admin.stop();
});

async function ok(pending: Promise<Answer>): Promise<Json> {
  const answer = await pending;
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

/** An organization of its own, without a default team. */
async function organization(): Promise<{ id: string; tenantId: string }> {
  orgs += 1;
  const id = `org_${orgs}`;
  const body = await ok(
    admin.call('POST', '/api/organizations/create', { organization_id: id, name: id, create_default_team: false }),
  );
  return { id, tenantId: body.customer_id };
}

async function team(fields: Json = {}): Promise<Json> {
  const { id, tenantId } = await organization();
  const body = await ok(
    admin.call('POST', '/api/teams/create', { organization_id: id, team_id: `team_${id}`, ...fields }),
  );
  return { ...body, tenantId };
}

async function count(sql: string, parameters: unknown[] = []): Promise<number> {
  const [row] = await admin.db.query<{ count: number }[]>(`SELECT count(*)::int AS count FROM ${sql}`, parameters);
  return row?.count ?? -1;
}

/** Rows that a creation writes, whatever it is of. */
async function rows(): Promise<number[]> {
  const tables = [
    'saas.teams',
    'governance.teams',
    'governance.virtual_keys',
    'governance.virtual_key_secrets',
    'ledger.credit_accounts',
    'ledger.credit_transfers',
    'saas.team_model_groups',
    'saas.team_access_groups',
    'governance.audit_entries',
  ];
  return Promise.all(tables.map((table) => count(table)));
}

async function audit(tenantId: string): Promise<AuditEntryEntity[]> {
  const entries = await admin.db
    .getRepository(AuditEntryEntity)
    .find({ where: { tenantId }, order: { position: 'ASC' } });
  expect(findBrokenLink(entries)).toBe(-1);
  return entries;
}

async function epochOf(tenantId: string): Promise<number> {
  const [row] = await admin.db.query<{ epoch: string }[]>('SELECT epoch FROM governance.tenants WHERE id = $1', [
    tenantId,
  ]);
  return Number(row?.epoch);
}

describe('POST /api/teams/create', () => {
  it('answers 200 with the fields of both eras, and the key in the clear', async () => {
    const { id, tenantId } = await organization();
    const answer = await admin.call('POST', '/api/teams/create', {
      organization_id: id,
      team_id: 'engineering',
      team_alias: 'Engineering',
      model_groups: ['Chat', 'Analysis', 'Chat'],
      access_groups: ['basic'],
      credits_allocated: '100',
      metadata: { department: 'r&d' },
      budget_mode: 'consumption_usd',
      credits_per_dollar: 12.5,
      tokens_per_credit: 5_000,
      unknown_field: 'is ignored',
    });

    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(answer.body).toEqual({
      team_id: 'engineering',
      organization_id: id,
      team_alias: 'Engineering',
      is_default: false,
      metadata: { department: 'r&d' },
      model_groups: ['Analysis', 'Chat'],
      allowed_models: ['gpt-4o', 'openai/gpt-4o-mini'],
      access_groups: ['basic'],
      allowed_model_aliases: ['fast'],
      credits_allocated: 100,
      credits_used: 0,
      credits_remaining: 100,
      credit_limit: null,
      auto_refill: false,
      budget_mode: 'consumption_usd',
      credits_per_dollar: 12.5,
      tokens_per_credit: 5_000,
      status: 'active',
      virtual_key: expect.stringMatching(/^sk-bf-[\w-]{43}$/),
      virtual_key_id: expect.any(String),
      governance_team_id: expect.any(String),
      created_at: '2026-01-15T12:00:00.000Z',
      updated_at: '2026-01-15T12:00:00.000Z',
      credits: expect.objectContaining({ team_id: 'engineering', credits_remaining: 100, refill_amount: null }),
      message: expect.any(String),
    });
    expect(
      await admin.db.query('SELECT name, customer_id FROM governance.teams WHERE id = $1', [
        answer.body.governance_team_id,
      ]),
    ).toEqual([{ name: 'Engineering', customer_id: tenantId }]);
    expect(
      await admin.db.query('SELECT name, team_id FROM governance.virtual_keys WHERE id = $1', [
        answer.body.virtual_key_id,
      ]),
    ).toEqual([{ name: 'engineering_key', team_id: answer.body.governance_team_id }]);
    expect(
      await count('governance.virtual_key_secrets WHERE key_hash = $1', [admin.hashOf(answer.body.virtual_key)]),
    ).toBe(1);
  });

  it('opens the books with an allocation, and writes down what was made and that the key was shown', async () => {
    const { team_id, tenantId, virtual_key, virtual_key_id } = await team({ credits_allocated: 7 });
    expect(
      await admin.db.query(
        `SELECT t.type, t.credits, t.idempotency_key, t.balance_after_credits AS after FROM ledger.credit_transfers t
           JOIN ledger.credit_accounts a ON a.id = t.account_id WHERE a.team_id = $1`,
        [team_id],
      ),
    ).toEqual([{ type: 'allocation', credits: '7', idempotency_key: 'opening', after: '7' }]);
    const entries = await audit(tenantId);
    expect(entries.map(({ action, entityId }) => [action, entityId])).toEqual([
      ['customer.created', tenantId],
      ['organization.created', expect.any(String)],
      ['virtual_key.created', virtual_key_id],
      ['team.created', team_id],
    ]);
    expect(entries[2]?.after).toMatchObject({ value: '[redacted]', value_revealed: true });
    expect(JSON.stringify(entries)).not.toContain(virtual_key);
  });

  it('takes the least that both eras send, and starts with no credits', async () => {
    const least = await team();
    expect(least).toMatchObject({
      team_alias: least.team_id,
      model_groups: [],
      access_groups: [],
      allowed_models: [],
      credits_allocated: 0,
      credits_remaining: 0,
      budget_mode: 'job_based',
      credits_per_dollar: 10,
      tokens_per_credit: 10_000,
    });
    expect(await team({ access_groups: [], metadata: null, team_alias: null })).toMatchObject({ metadata: {} });
  });

  it.each<[string, Json, object]>([
    ['an organization that is not there', { organization_id: 'nobody' }, { status: 404 }],
    ['a model group that is not there', { model_groups: ['Chat', 'none'] }, { status: 404 }],
    ['an access group that is not there', { access_groups: ['none'] }, { status: 404 }],
    [
      'a budget mode that is not there',
      { budget_mode: 'free' },
      { status: 400, body: { code: 'credit_terms_invalid' } },
    ],
    ['a rate of 0', { credits_per_dollar: 0 }, { status: 400, body: { code: 'credit_terms_invalid' } }],
    ['no tokens for a credit', { tokens_per_credit: 0 }, { status: 400 }],
    ['no team_id', { team_id: undefined }, { status: 422 }],
    ['a team_id of blanks', { team_id: ' ' }, { status: 422 }],
    ['a NUL in a group', { model_groups: ['a\0b'] }, { status: 422 }],
    ['groups that are no list', { model_groups: 'Chat' }, { status: 422 }],
    ['credits below 0', { credits_allocated: -1 }, { status: 422 }],
    ['credits of 1.5', { credits_allocated: 1.5 }, { status: 422 }],
    ['more credits than any', { credits_allocated: 1e12 + 1 }, { status: 422 }],
    ['a rate that is no number', { credits_per_dollar: 'much' }, { status: 422 }],
  ])('refuses %s, and leaves nothing behind', async (_, fields, answer) => {
    const { id } = await organization();
    const before = await rows();
    const body = { organization_id: id, team_id: 'refused', credits_allocated: 5, ...fields };
    expect(await admin.call('POST', '/api/teams/create', body)).toMatchObject(answer);
    expect(await rows()).toEqual(before);
  });

  it('says first that the organization is missing, then that the team is there, then what else is wrong', async () => {
    const { team_id, organization_id } = await team();
    const wrong = { team_id, model_groups: ['none'], budget_mode: 'free' };
    const create = (fields: Json): Promise<Answer> => admin.call('POST', '/api/teams/create', fields);
    expect(await create({ ...wrong, organization_id: 'nobody' })).toMatchObject({ status: 404 });
    expect(await create({ ...wrong, organization_id })).toMatchObject({
      status: 400,
      body: { detail: `Team '${team_id}' already exists.` },
    });
    expect(await create({ ...wrong, organization_id, team_id: 'other' })).toMatchObject({ status: 404 });
  });

  it('lets exactly one of many parallel calls over two processes make it, whole', async () => {
    const { id } = await organization();
    const before = await rows();
    const body = { organization_id: id, team_id: 'raced', model_groups: ['Chat'], credits_allocated: 10 };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? admin : replica).call('POST', '/api/teams/create', body),
      ),
    );
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(19);
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 400, body: { detail: "Team 'raced' already exists." } });
    }
    expect(await rows()).toEqual(before.map((rowsBefore, index) => rowsBefore + [1, 1, 1, 1, 1, 1, 1, 0, 2][index]!));
  });

  it('gives the key another name where an operator has taken it', async () => {
    await admin.db.query(
      `INSERT INTO governance.virtual_keys (id, name, is_active, created_at, updated_at)
       VALUES (gen_random_uuid(), 'taken_key', true, now(), now())`,
    );
    const { virtual_key_id } = await team({ team_id: 'taken' });
    expect(await admin.db.query('SELECT name FROM governance.virtual_keys WHERE id = $1', [virtual_key_id])).toEqual([
      { name: `taken_key_${virtual_key_id}` },
    ]);
  });
});

describe('reading teams', () => {
  it('shows the key in the clear to who manages, once it is written down that it was', async () => {
    const { team_id, virtual_key, virtual_key_id, tenantId } = await team();
    const answer = await admin.call('GET', `/api/teams/${team_id}`);
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' }, body: { virtual_key } });
    expect((await audit(tenantId)).at(-1)).toMatchObject({
      action: 'virtual_key.revealed',
      entityId: virtual_key_id,
      actorId: 'master-key',
    });
  });

  it('masks the key for role user, and audits nothing', async () => {
    const { team_id, virtual_key, tenantId } = await team();
    const { email } = await createUser(admin, 'user');
    const credential = await login(admin, email);
    const before = (await audit(tenantId)).length;
    const { body } = await admin.call('GET', `/api/teams/${team_id}`, undefined, credential);
    expect(body.virtual_key).toBe(`sk-bf-...${virtual_key.slice(-4)}`);
    expect(await audit(tenantId)).toHaveLength(before);
  });

  it('lists every team, oldest first, with keys masked whoever asks', async () => {
    const { team_id, organization_id, virtual_key } = await team({ model_groups: ['Chat'], credits_allocated: 3 });
    const body = await ok(admin.call('GET', `/api/teams?organization_id=${organization_id}`));
    expect(body).toEqual([
      expect.objectContaining({
        team_id,
        organization_id,
        model_groups: ['Chat'],
        credits_remaining: 3,
        virtual_key: `sk-bf-...${virtual_key.slice(-4)}`,
      }),
    ]);
    const all = (await ok(admin.call('GET', '/api/teams'))) as Json[];
    expect(all.map((one) => one.team_id)).toContain(team_id);
    expect(JSON.stringify(all)).not.toContain(virtual_key);
    expect(await ok(admin.call('GET', '/api/teams?limit=2&offset=1'))).toEqual(all.slice(1, 3));
    expect(await ok(admin.call('GET', '/api/teams?status=paused'))).toEqual([]);
    expect((await admin.call('GET', '/api/teams?status=gone')).status).toBe(422);
  });

  it('answers 404 with a detail for a team that is not there', async () => {
    expect(await admin.call('GET', '/api/teams/nobody')).toMatchObject({
      status: 404,
      body: { detail: "Team 'nobody' was not found." },
    });
    expect((await admin.call('GET', '/api/teams/%00')).status).toBe(404);
  });
});

describe('PUT /api/teams/{id}', () => {
  it('changes what is sent, posts the difference of the credits, and renames the face in governance', async () => {
    const before = await team({ credits_allocated: 10, metadata: { a: 1 } });
    const epoch = await epochOf(before.tenantId);
    const after = await ok(
      admin.call('PUT', `/api/teams/${before.team_id}`, {
        team_alias: 'Renamed',
        metadata: { b: 2 },
        model_groups: ['Chat'],
        access_groups: ['basic'],
        credits_allocated: 25,
        budget_mode: 'consumption_tokens',
        credits_per_dollar: 20,
        tokens_per_credit: '100',
      }),
    );
    expect(after).toMatchObject({
      team_alias: 'Renamed',
      metadata: { b: 2 },
      model_groups: ['Chat'],
      access_groups: ['basic'],
      credits_allocated: 25,
      credits_used: 0,
      credits_remaining: 25,
      budget_mode: 'consumption_tokens',
      credits_per_dollar: 20,
      tokens_per_credit: 100,
    });
    expect(after.virtual_key).toMatch(/^sk-bf-\.\.\./);
    expect(await epochOf(before.tenantId)).toBe(epoch + 1);
    expect(
      await admin.db.query('SELECT name FROM governance.teams WHERE id = $1', [before.governance_team_id]),
    ).toEqual([{ name: 'Renamed' }]);
    expect((await audit(before.tenantId)).slice(4).map(({ action }) => action)).toEqual([
      'team.updated',
      'team.models_assigned',
      'credits.budget_mode_changed',
      'credits.adjusted',
    ]);
  });

  it('takes credits back down to what is wanted, as an adjustment', async () => {
    const { team_id } = await team({ credits_allocated: 10 });
    expect(await ok(admin.call('PUT', `/api/teams/${team_id}`, { credits_allocated: 4 }))).toMatchObject({
      credits_allocated: 4,
      credits_remaining: 4,
    });
    expect(
      await admin.db.query(
        `SELECT t.type, t.credits, t.balance_after_credits AS after FROM ledger.credit_transfers t
           JOIN ledger.credit_accounts a ON a.id = t.account_id WHERE a.team_id = $1 ORDER BY t.seq`,
        [team_id],
      ),
    ).toEqual([
      { type: 'allocation', credits: '10', after: '10' },
      { type: 'adjustment', credits: '6', after: '4' },
    ]);
    expect(await count(`ledger.credit_holds WHERE state <> 'closed'`)).toBe(0);
  });

  it('changes nothing at all when a part of it is refused', async () => {
    const before = await team({ credits_allocated: 10 });
    const path = `/api/teams/${before.team_id}`;
    const read = async (): Promise<Json> => ok(admin.call('GET', path));
    const whole = await read();
    expect(
      await admin.call('PUT', path, { team_alias: 'New', credits_allocated: 5, model_groups: ['none'] }),
    ).toMatchObject({ status: 404 });
    expect(await admin.call('PUT', path, { team_alias: 'New', budget_mode: 'free' })).toMatchObject({ status: 400 });
    expect(await admin.call('PUT', path, { team_alias: 'New', credits_used: 0 })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'credits_used'], msg: expect.stringContaining('sum of what calls') }] },
    });
    expect(await read()).toEqual(whole);
    expect(await count(`ledger.credit_holds WHERE state <> 'closed'`)).toBe(0);
    // What was held for the credits that were not taken back is free again.
    expect(await ok(admin.call('PUT', path, { credits_allocated: 0 }))).toMatchObject({ credits_remaining: 0 });
  });

  it('ends at one of the wanted allocations, with books that add up, when many are set at once', async () => {
    const { team_id } = await team({ credits_allocated: 50 });
    const wanted = Array.from({ length: 12 }, (_, index) => index * 10);
    const answers = await Promise.all(
      wanted.map((credits_allocated, index) =>
        (index % 2 === 0 ? admin : replica).call('PUT', `/api/teams/${team_id}`, { credits_allocated }),
      ),
    );
    // Credits that another of them is just taking back are not free.
    for (const { status, body } of answers) {
      expect([200, 'credits_insufficient']).toContain(status === 200 ? status : body.code);
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    const { credits_allocated, credits_remaining } = await ok(admin.call('GET', `/api/teams/${team_id}`));
    expect(wanted).toContain(credits_allocated);
    expect(credits_remaining).toBe(credits_allocated);
    expect(await count(`ledger.credit_holds WHERE state <> 'closed'`)).toBe(0);
  });

  it('answers an empty body with the team as it is, and raises no epoch', async () => {
    const { team_id, tenantId, updated_at } = await team();
    const epoch = await epochOf(tenantId);
    expect(await ok(admin.call('PUT', `/api/teams/${team_id}`, {}))).toMatchObject({ updated_at });
    expect(await epochOf(tenantId)).toBe(epoch);
  });

  it('replaces groups by bare lists', async () => {
    const { team_id } = await team({ model_groups: ['Chat'] });
    expect(await ok(admin.call('PUT', `/api/teams/${team_id}/model-groups`, ['Analysis']))).toEqual({
      team_id,
      model_groups: ['Analysis'],
      allowed_models: ['gpt-4o', 'openai/gpt-4o-mini'],
      allowed_model_aliases: [],
      message: expect.any(String),
    });
    expect(await ok(admin.call('PUT', `/api/teams/${team_id}/access-groups`, ['basic']))).toEqual({
      team_id,
      access_groups: ['basic'],
      allowed_models: ['gpt-4o', 'openai/gpt-4o-mini'],
      allowed_model_aliases: ['fast'],
      message: expect.any(String),
    });
    expect(await ok(admin.call('PUT', `/api/teams/${team_id}/model-groups`, []))).toMatchObject({ model_groups: [] });
    for (const [body, status] of [
      [['none'], 404],
      [['a', 5], 422],
      [{ model_groups: [] }, 422],
      [undefined, 422],
    ] as const) {
      expect(await admin.call('PUT', `/api/teams/${team_id}/model-groups`, body)).toMatchObject({ status });
    }
  });
});

describe('the status of a team', () => {
  it.each([
    ['suspend', 'suspended'],
    ['pause', 'paused'],
  ])('%s and resume are idempotent, audited once, and raise the epoch once each', async (verb, status) => {
    const { team_id, tenantId } = await team();
    const epoch = await epochOf(tenantId);
    const entries = (await audit(tenantId)).length;
    for (let time = 0; time < 2; time += 1) {
      expect(await ok(admin.call('PUT', `/api/teams/${team_id}/${verb}`))).toEqual({
        team_id,
        status,
        message: expect.stringContaining(`is ${status}`),
      });
    }
    expect(await ok(admin.call('GET', `/api/teams/${team_id}`))).toMatchObject({ status });
    for (let time = 0; time < 2; time += 1) {
      expect(await ok(admin.call('PUT', `/api/teams/${team_id}/resume`))).toMatchObject({ status: 'active' });
    }
    expect(await epochOf(tenantId)).toBe(epoch + 2);
    expect(
      (await audit(tenantId))
        .slice(entries)
        .map(({ action }) => action)
        .filter((action) => action !== 'virtual_key.revealed'),
    ).toEqual([`team.${status}`, 'team.resumed']);
  });
});

describe('POST /api/teams/{id}/rotate-key', () => {
  it('gives a new value that works, and ends the one before at once or after the overlap', async () => {
    const { team_id, virtual_key, virtual_key_id } = await team();
    const works = (value: string): Promise<number> =>
      count('governance.virtual_key_secrets WHERE key_hash = $1', [admin.hashOf(value)]);
    const answer = await admin.call('POST', `/api/teams/${team_id}/rotate-key`);
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { team_id, virtual_key_id },
    });
    expect(await works(virtual_key)).toBe(0);
    expect(await works(answer.body.virtual_key)).toBe(1);

    const second = await ok(admin.call('POST', `/api/teams/${team_id}/rotate-key`, { overlap: '1h' }));
    expect(second.previous_ends_at).toBe('2026-01-15T13:00:00.000Z');
    expect(await works(answer.body.virtual_key)).toBe(1);
    expect(await ok(admin.call('GET', `/api/teams/${team_id}`))).toMatchObject({ virtual_key: second.virtual_key });
    expect((await admin.call('POST', `/api/teams/${team_id}/rotate-key`, { overlap: 'soon' })).status).toBe(422);

    // A second click would end the value that was to work on for an hour.
    expect(await admin.call('POST', `/api/teams/${team_id}/rotate-key`, { overlap: '1h' })).toMatchObject({
      status: 409,
      body: { code: 'rotation_under_way', detail: expect.stringContaining('2026-01-15T13:00:00.000Z') },
    });
    expect(await works(answer.body.virtual_key)).toBe(1);
  });

  it('makes a new key where governance has deleted it', async () => {
    const { team_id, virtual_key_id } = await team();
    await admin.db.query('DELETE FROM governance.virtual_keys WHERE id = $1', [virtual_key_id]);
    expect(await ok(admin.call('GET', `/api/teams/${team_id}`))).toMatchObject({
      virtual_key: null,
      virtual_key_id: null,
    });
    const made = await ok(admin.call('POST', `/api/teams/${team_id}/rotate-key`));
    expect(made).toMatchObject({ previous_ends_at: null, virtual_key: expect.stringMatching(/^sk-bf-/) });
    expect(await ok(admin.call('GET', `/api/teams/${team_id}`))).toMatchObject({
      virtual_key: made.virtual_key,
      virtual_key_id: made.virtual_key_id,
    });
  });
});

describe('DELETE /api/teams/{id}', () => {
  it('takes keys, face, models and unused credits away, and leaves books and audit trail', async () => {
    const { team_id, organization_id, governance_team_id, tenantId, virtual_key } = await team({
      model_groups: ['Chat'],
      access_groups: ['basic'],
      credits_allocated: 40,
    });
    await admin.db.query(
      `INSERT INTO governance.virtual_keys (id, name, is_active, team_id, created_at, updated_at)
       VALUES (gen_random_uuid(), 'another key', true, $1, now(), now())`,
      [governance_team_id],
    );
    const books = await count('ledger.credit_transfers');
    expect(await ok(admin.call('DELETE', `/api/teams/${team_id}`))).toEqual({
      team_id,
      message: expect.any(String),
      credits_taken_back: 40,
      jobs_failed: 0,
    });
    expect((await admin.call('GET', `/api/teams/${team_id}`)).status).toBe(404);
    expect(await count('governance.teams WHERE id = $1', [governance_team_id])).toBe(0);
    expect(await count('governance.virtual_keys WHERE team_id = $1', [governance_team_id])).toBe(0);
    expect(await count('governance.virtual_key_secrets WHERE key_hash = $1', [admin.hashOf(virtual_key)])).toBe(0);
    expect(await count('saas.team_model_groups WHERE team_id = $1', [team_id])).toBe(0);
    expect(await count('ledger.credit_transfers')).toBe(books + 1);
    expect(await count('ledger.credit_accounts WHERE team_id = $1 AND closed_at IS NOT NULL', [team_id])).toBe(1);
    const entries = await audit(tenantId);
    expect(entries.slice(-3).map(({ action }) => action)).toEqual([
      'virtual_key.deleted',
      'virtual_key.deleted',
      'team.deleted',
    ]);

    const again = await ok(admin.call('POST', '/api/teams/create', { organization_id, team_id, credits_allocated: 1 }));
    expect(again).toMatchObject({ credits_allocated: 1, credits_remaining: 1 });
  });

  it('refuses the default team, and answers 404 for what is not there', async () => {
    const body = await ok(admin.call('POST', '/api/organizations/create', { organization_id: 'dft', name: 'Default' }));
    expect(await admin.call('DELETE', `/api/teams/${body.default_team.team_id}`)).toMatchObject({
      status: 400,
      body: { code: 'default_team' },
    });
    expect((await admin.call('DELETE', '/api/teams/nobody_default')).status).toBe(404);
  });

  it('is done once when many ask for it', async () => {
    const { team_id } = await team({ credits_allocated: 5 });
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        (index % 2 === 0 ? admin : replica).call('DELETE', `/api/teams/${team_id}`),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(5);
  });
});

describe('the books of all these teams', () => {
  it('add up', async () => {
    const { accounts, differences } = await admin.db.transaction('REPEATABLE READ', (tx) => checkCredits(tx));
    expect(accounts).toBeGreaterThan(20);
    expect(differences).toEqual([]);
  });
});
