import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';

import { type AdminApp, type Json, MASTER_KEY, startAdmin } from './support/admin-app.js';

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
    const body = await create({
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
      default_team: null,
      customer_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(await admin.db.query('SELECT name FROM governance.customers WHERE id = $1', [body.customer_id])).toEqual([
      { name: 'Acme' },
    ]);
    expect(await admin.db.query('SELECT epoch FROM governance.tenants WHERE id = $1', [body.customer_id])).toEqual([
      { epoch: '1' },
    ]);
  });

  it('writes both audit entries into the chain of the tenant', async () => {
    const body = await create({ organization_id: 'org_audit', name: 'Audit' });
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
