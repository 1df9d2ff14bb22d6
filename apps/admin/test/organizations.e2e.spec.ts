import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';

import { type AdminApp, type Answer, type Json, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { sumUsageDays } from './support/usage-sums.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await startAdmin();
});

afterAll(async () => {
  await admin.stop();
});

async function countRows(table: string): Promise<number> {
  const [row] = await admin.db.query<{ count: number }[]>(`SELECT count(*)::int AS count FROM ${table}`);
  return row?.count ?? -1;
}

async function create(body: Json): Promise<Json> {
  const answer = await admin.call('POST', '/api/organizations/create', body);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

describe('POST /api/organizations/create', () => {
  it('answers 200 with the organization and its customer', async () => {
    const { default_team, ...body } = await create({
      organization_id: 'org_acme',
      name: 'Acme',
      metadata: { plan: 'gold', seats: [1, 2] },
      create_default_team: true,
      default_team_name: 'Everyone',
      default_team_access_groups: ['a'],
      default_team_credits: '5',
      unknown_field: 'is ignored',
    });

    expect(body).toEqual({
      organization_id: 'org_acme',
      name: 'Acme',
      status: 'active',
      metadata: { plan: 'gold', seats: [1, 2] },
      created_at: '2026-01-15T12:00:00.000Z',
      updated_at: '2026-01-15T12:00:00.000Z',
      customer_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    // An access group that is not there does not keep the team from being made.
    expect(default_team).toEqual({
      team_id: 'org_acme_default',
      team_alias: 'Everyone',
      virtual_key: expect.stringMatching(/^sk-bf-/),
      access_groups: [],
      allowed_model_aliases: [],
      credits_allocated: 5,
    });
    expect(await admin.db.query('SELECT name FROM governance.customers WHERE id = $1', [body.customer_id])).toEqual([
      { name: 'Acme' },
    ]);
    expect(await admin.db.query('SELECT epoch FROM governance.tenants WHERE id = $1', [body.customer_id])).toEqual([
      { epoch: '1' },
    ]);
  });

  it('makes no team where none is wanted, and no other where its id is taken', async () => {
    const fields = { organization_id: 'org_alone', name: 'Alone' };
    expect(await create({ ...fields, create_default_team: false })).toMatchObject({ default_team: null });
    await admin.call('POST', '/api/teams/create', { ...fields, team_id: 'org_late_default' });
    expect(await create({ organization_id: 'org_late', name: 'Late' })).toMatchObject({
      default_team: { error: "Team 'org_late_default' already exists." },
    });
  });

  it('writes both audit entries into the chain of the tenant', async () => {
    const body = await create({ organization_id: 'org_audit', name: 'Audit', create_default_team: false });
    const entries = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ where: { tenantId: body.customer_id }, order: { position: 'ASC' } });

    expect(entries.map(({ action, entityId, actorType, actorId }) => [action, entityId, actorType, actorId])).toEqual([
      ['customer.created', body.customer_id, 'operator', 'master-key'],
      ['organization.created', 'org_audit', 'operator', 'master-key'],
    ]);
    expect(findBrokenLink(entries)).toBe(-1);
  });

  it('keeps nothing where metadata is null, and can read it back', async () => {
    await create({ organization_id: 'org_null', name: 'Null', metadata: null });
    const { body } = await admin.call('GET', '/api/organizations/org_null');
    expect(body.metadata).toEqual({});
  });

  it('answers 400 "already exists" the second time and leaves nothing behind', async () => {
    await create({ organization_id: 'org_twice', name: 'First' });
    const before = [
      await countRows('governance.customers'),
      await countRows('governance.tenants'),
      await countRows('governance.audit_entries'),
    ];
    const answer = await admin.call('POST', '/api/organizations/create', {
      organization_id: 'org_twice',
      name: 'Second',
    });

    expect(answer).toMatchObject({ status: 400, body: { detail: "Organization 'org_twice' already exists." } });
    expect([
      await countRows('governance.customers'),
      await countRows('governance.tenants'),
      await countRows('governance.audit_entries'),
    ]).toEqual(before);
    expect((await admin.call('GET', '/api/organizations/org_twice')).body.name).toBe('First');
  });

  it('lets exactly one of many parallel calls create it', async () => {
    const customersBefore = await countRows('governance.customers');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        admin.call('POST', '/api/organizations/create', { organization_id: 'org_race', name: 'Race' }),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
    expect(await countRows('governance.customers')).toBe(customersBefore + 1);
  });

  const invalid: [string, Json, Json][] = [
    ['no id', { name: 'x' }, { type: 'missing', loc: ['body', 'organization_id'] }],
    ['no name', { organization_id: 'x' }, { type: 'missing', loc: ['body', 'name'] }],
    [
      'an id that is a number',
      { organization_id: 5, name: 'x' },
      { type: 'string_type', loc: ['body', 'organization_id'] },
    ],
    ['an empty id', { organization_id: '', name: 'x' }, { loc: ['body', 'organization_id'] }],
    ['an id of 256 characters', { organization_id: 'x'.repeat(256), name: 'x' }, { loc: ['body', 'organization_id'] }],
    ['a NUL in the name', { organization_id: 'x', name: 'a\0b' }, { loc: ['body', 'name'] }],
    [
      'half a surrogate pair in the id',
      { organization_id: 'x\ud800', name: 'x' },
      { loc: ['body', 'organization_id'] },
    ],
    [
      'half a surrogate pair in the metadata',
      { organization_id: 'x', name: 'x', metadata: { a: ['\udfff'] } },
      { loc: ['body', 'metadata'] },
    ],
    [
      'a NUL in the metadata',
      { organization_id: 'x', name: 'x', metadata: { a: [{ b: '\0' }] } },
      { loc: ['body', 'metadata'] },
    ],
    [
      'metadata that is a list',
      { organization_id: 'x', name: 'x', metadata: [] },
      { type: 'dict_type', loc: ['body', 'metadata'] },
    ],
    [
      'credits of 1.5',
      { organization_id: 'x', name: 'x', default_team_credits: 1.5 },
      { type: 'int_type', loc: ['body', 'default_team_credits'] },
    ],
  ];
  it.each(invalid)('answers 422 with the place for %s', async (_, body, issue) => {
    const answer = await admin.call('POST', '/api/organizations/create', body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContainEqual(expect.objectContaining(issue));
  });

  it('answers 422 for text that is not JSON', async () => {
    expect(await admin.call('POST', '/api/organizations/create', '{"organization_id": ')).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body'] }] },
    });
  });
});

describe('GET /api/organizations', () => {
  it('is a bare array of active organizations', async () => {
    await create({ organization_id: 'org_gone', name: 'Gone' });
    await admin.db.query(`UPDATE saas.organizations SET status = 'suspended' WHERE organization_id = 'org_gone'`);
    const { status, body } = await admin.call('GET', '/api/organizations');

    expect(status).toBe(200);
    const ids = (body as Json[]).map((organization: Json) => organization.organization_id);
    expect(ids).toContain('org_acme');
    expect(ids).not.toContain('org_gone');
  });

  it('answers the same with a slash at the end', async () => {
    expect((await admin.call('GET', '/api/organizations/')).status).toBe(200);
  });

  it('answers 404 with a detail for an id that names nothing', async () => {
    expect(await admin.call('GET', '/api/organizations/nobody')).toMatchObject({
      status: 404,
      body: { detail: "Organization 'nobody' was not found." },
    });
    expect((await admin.call('GET', '/api/organizations/%00')).status).toBe(404);
  });
});

describe('GET /api/organizations/{id}/teams', () => {
  it('counts and shows its teams', async () => {
    await create({ organization_id: 'org_teams', name: 'Teams', default_team_credits: 3 });
    await admin.call('POST', '/api/teams/create', { organization_id: 'org_teams', team_id: 'second' });
    expect((await admin.call('GET', '/api/organizations/org_teams/teams')).body).toEqual({
      organization_id: 'org_teams',
      team_count: 2,
      teams: ['org_teams_default', 'second']
        .map((team_id) => ({
          team_id,
          access_groups: [],
          model_groups: [],
          credits_allocated: team_id === 'second' ? 0 : 3,
          credits_remaining: team_id === 'second' ? 0 : 3,
          status: 'active',
        }))
        .toSorted((one, other) => one.team_id.localeCompare(other.team_id)),
    });
    expect((await admin.call('GET', '/api/organizations/nobody/teams')).status).toBe(404);
  });
});

describe('PUT /api/organizations/{id}', () => {
  it('changes what is sent, and the name of the customer with it', async () => {
    const { customer_id } = await create({ organization_id: 'org_put', name: 'Before', metadata: { a: 1 } });
    const put = (body: Json): Promise<Answer> => admin.call('PUT', '/api/organizations/org_put', body);
    expect(await put({ name: 'After', metadata: { b: 2 } })).toMatchObject({
      status: 200,
      body: { name: 'After', metadata: { b: 2 }, status: 'active', default_team: null },
    });
    expect(await admin.db.query('SELECT name FROM governance.customers WHERE id = $1', [customer_id])).toEqual([
      { name: 'After' },
    ]);
    expect(await put({ status: 'suspended' })).toMatchObject({ status: 200, body: { status: 'suspended' } });
    expect(await put({ status: 'gone' })).toMatchObject({ status: 422 });
    expect(await put({ name: '' })).toMatchObject({ status: 422 });
    const listed = async (query: string): Promise<string[]> =>
      ((await admin.call('GET', `/api/organizations${query}`)).body as Json[]).map((one) => one.organization_id);
    expect(await listed('')).not.toContain('org_put');
    expect(await listed('?status=suspended')).toContain('org_put');
    expect(await listed('?status=all')).toEqual(expect.arrayContaining(['org_put', 'org_acme']));
    expect(await listed('?status=all&limit=1&offset=1')).toEqual([(await listed('?status=all'))[1]]);
    expect((await admin.call('PUT', '/api/organizations/nobody', {})).status).toBe(404);
  });

  it.each(['suspend', 'resume'])('%s is idempotent', async (verb) => {
    const id = `org_${verb}`;
    await create({ organization_id: id, name: id });
    const status = verb === 'suspend' ? 'suspended' : 'active';
    for (let time = 0; time < 2; time += 1) {
      expect((await admin.call('PUT', `/api/organizations/${id}/${verb}`)).body).toEqual({
        organization_id: id,
        status,
        message: expect.any(String),
      });
    }
    const entries = await admin.db.getRepository(AuditEntryEntity).findBy({ entityType: 'organization', entityId: id });
    expect(entries.map(({ action }) => action).toSorted()).toEqual(
      verb === 'suspend' ? ['organization.created', 'organization.suspended'] : ['organization.created'],
    );
  });
});

describe('DELETE /api/organizations/{id}', () => {
  it('goes with its default team alone, and can be made again as another tenant', async () => {
    const first = await create({ organization_id: 'org_del', name: 'Delete', default_team_credits: 9 });
    expect(await admin.call('DELETE', '/api/organizations/org_del')).toMatchObject({
      status: 200,
      body: { organization_id: 'org_del', deleted_teams: ['org_del_default'], credits_taken_back: 9, jobs_failed: 0 },
    });
    expect((await admin.call('GET', '/api/organizations/org_del')).status).toBe(404);
    expect(await countRows(`governance.customers WHERE id = '${first.customer_id}'`)).toBe(0);
    expect(await countRows(`governance.audit_entries WHERE tenant_id = '${first.customer_id}'`)).toBeGreaterThan(4);
    const second = await create({ organization_id: 'org_del', name: 'Again' });
    expect(second.customer_id).not.toBe(first.customer_id);
  });

  it('is refused while other teams or keys of governance are under it, unless all of it is to go', async () => {
    const { customer_id } = await create({ organization_id: 'org_full', name: 'Full' });
    await admin.call('POST', '/api/teams/create', { organization_id: 'org_full', team_id: 'kept' });
    await admin.db.query(
      `INSERT INTO governance.teams (id, name, customer_id, created_at, updated_at)
       VALUES (gen_random_uuid(), 'plain', $1, now(), now())`,
      [customer_id],
    );
    await admin.db.query(
      `INSERT INTO governance.virtual_keys (id, name, is_active, customer_id, created_at, updated_at)
       VALUES (gen_random_uuid(), 'direct', true, $1, now(), now())`,
      [customer_id],
    );
    await admin.db.query(
      `INSERT INTO governance.budgets (id, shared_tenant_id, name, max_limit_cents, reset_duration, anchor_at,
         generation, created_at, updated_at)
       VALUES (gen_random_uuid(), $1, 'shared', 5, '1d', now(), 0, now(), now())`,
      [customer_id],
    );
    const credential = await admin.call('POST', '/api/provider-credentials/create', {
      organization_id: 'org_full',
      provider: 'openai',
      api_key: 'sk-of-org-full-0123456789',
      credential_name: 'Production',
    });
    expect(credential.status).toBe(200);
    expect(await admin.call('DELETE', '/api/organizations/org_full')).toMatchObject({
      status: 400,
      body: {
        code: 'in_use',
        detail: expect.stringContaining('1 team (kept) and 1 governance team (plain) and 1 virtual key (direct)'),
      },
    });
    expect((await admin.call('GET', '/api/teams/kept')).status).toBe(200);

    expect(await admin.call('DELETE', '/api/organizations/org_full?cascade=true')).toMatchObject({
      status: 200,
      body: { deleted_teams: ['kept', 'org_full_default'] },
    });
    for (const table of ['teams', 'virtual_keys']) {
      expect(await countRows(`governance.${table} WHERE customer_id = '${customer_id}'`)).toBe(0);
    }
    expect(await countRows(`governance.budgets WHERE shared_tenant_id = '${customer_id}'`)).toBe(0);
    const entries = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ where: { tenantId: customer_id }, order: { position: 'ASC' } });
    expect(findBrokenLink(entries)).toBe(-1);
    const gone = entries.find(({ action }) => action === 'provider_credential.deleted');
    expect(gone).toMatchObject({ entityId: credential.body.credential_id, after: null });
    expect(JSON.stringify(entries)).not.toContain('sk-of-org-full');
    expect(await countRows(`saas.provider_credentials WHERE organization_id = 'org_full'`)).toBe(0);
    expect(entries.slice(-8).map(({ action }) => action)).toEqual(
      [
        'virtual_key.deleted',
        'team.deleted',
        'virtual_key.deleted',
        'team.deleted',
        'virtual_key.deleted',
        'team.deleted',
        'budget.deleted',
        'provider_credential.deleted',
        'organization.deleted',
        'customer.deleted',
      ].slice(-8),
    );
  });

  it('leaves no team behind that was made at the same time', async () => {
    await create({ organization_id: 'org_gone_race', name: 'Race' });
    const [deleted, ...made] = await Promise.all([
      admin.call('DELETE', '/api/organizations/org_gone_race?cascade=true'),
      ...Array.from({ length: 8 }, (_, index) =>
        admin.call('POST', '/api/teams/create', { organization_id: 'org_gone_race', team_id: `raced_${index}` }),
      ),
    ]);
    expect(deleted.status).toBe(200);
    for (const { status } of made) expect([200, 404]).toContain(status);
    expect(await countRows(`saas.teams WHERE organization_id = 'org_gone_race'`)).toBe(0);
  });
});

describe('access', () => {
  const routes: ['GET' | 'POST', string][] = [
    ['GET', '/api/organizations'],
    ['GET', '/api/organizations/org_acme'],
    ['POST', '/api/organizations/create'],
  ];
  it.each(routes)('%s %s wants the operator key', async (method, path) => {
    const body = method === 'POST' ? { organization_id: 'never', name: 'never' } : undefined;
    expect((await admin.call(method, path, body, {})).status).toBe(401);
    expect((await admin.call(method, path, body, { 'x-admin-key': `${MASTER_KEY}x` })).status).toBe(401);
    expect((await admin.call('GET', '/api/organizations/never')).status).toBe(404);
  });

  it('answers /health to anyone', async () => {
    expect(await admin.call('GET', '/health', undefined, {})).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});

describe('GET /api/organizations/{id}/usage', () => {
  const usage = async (id: string, period: string): Promise<Answer> =>
    admin.call('GET', `/api/organizations/${id}/usage?period=${period}`);

  it('sums what its jobs and calls used by day, month and year, by the name that each team has in the books', async () => {
    const { customer_id } = await create({ organization_id: 'org_usage', name: 'Usage', create_default_team: false });
    const team = await admin.call('POST', '/api/teams/create', { organization_id: 'org_usage', team_id: 'busy' });
    const jobs = (day: string, count: number, credits: number, tenantId = customer_id): Promise<unknown> =>
      admin.db.query(
        `INSERT INTO saas.job_daily (day, tenant_id, account_id, team_id, job_type, jobs, completed_jobs, failed_jobs,
           cancelled_jobs, calls, successful_calls, failed_calls, unserved_calls, tokens, client_cost_nano_usd, credits)
         SELECT $1, $4, id, team_id, 'x', $2, $2, 1, 0, $2, $2, 0, 0, 10, 5, $3
         FROM ledger.credit_accounts WHERE team_id = 'busy'`,
        [day, count, credits, tenantId],
      );
    const calls = (day: string, teamId: string | null, credits: number): Promise<unknown> =>
      admin.db.query(
        `INSERT INTO ledger.usage_daily (id, day, tenant_id, virtual_key_id, team_id, customer_id, provider, model, calls,
           calls_estimated, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
           reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units, tokens,
           cost_nano_usd, client_cost_nano_usd, credits)
         VALUES (gen_random_uuid(), $1, $2, gen_random_uuid(), $3, $2, 'openai', 'gpt-4o', 4, 0, 0, 0, 0, 0, 0, 0, 0, 0,
           0, 0, 100, 1, 1500000000, $4)`,
        [day, customer_id, teamId, credits],
      );
    // Of an organization that had the id before.
    await jobs('2026-01-15', 100, 100, '01890000-0000-7000-8000-00000000abcd');
    await jobs('2026-01-15', 3, 2);
    await jobs('2026-02-01', 5, 5);
    await calls('2026-01-15', team.body.governance_team_id, 7);
    await calls('2026-01-15', null, 0);
    await sumUsageDays(admin);
    await admin.call('DELETE', '/api/teams/busy');

    expect((await usage('org_usage', '2026-01-15')).body).toEqual({
      organization_id: 'org_usage',
      period: '2026-01-15',
      summary: {
        total_jobs: 3,
        completed_jobs: 3,
        failed_jobs: 1,
        credits_used: 9,
        total_cost_usd: 3,
        total_tokens: 200,
        total_calls: 8,
      },
      teams: { busy: { jobs: 3, credits_used: 9 } },
    });
    expect((await usage('org_usage', '2026-01')).body.summary).toMatchObject({
      total_jobs: 3,
      credits_used: 9,
      total_calls: 8,
      total_cost_usd: 3,
    });
    expect((await usage('org_usage', '2026')).body.summary).toMatchObject({
      total_jobs: 8,
      credits_used: 14,
      total_calls: 8,
    });
    expect((await usage('org_usage', '2025')).body).toMatchObject({ summary: { total_jobs: 0 }, teams: {} });
  });

  it.each(['', '2026-13', '2026-02-31', 'today', '26'])('refuses the period %j', async (period) => {
    expect(await usage('org_acme', period)).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'period'] }] },
    });
    expect((await usage('nobody', '2026')).status).toBe(404);
  });
});
