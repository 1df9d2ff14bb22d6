import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SYSTEM_TENANT_ID } from '@penstock/entities';

import { type AdminApp, type Answer, type Json, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { appendEntries, tamper } from './support/audit-entries.js';
import { attempt, createUser, type Credential, login } from './support/operators.js';

const LOGS = '/api/audit-logs';

let admin: AdminApp;
let owner: Json;
let asOwner: Credential;

beforeAll(async () => {
  admin = await startAdmin();
  owner = await createUser(admin, 'owner');
  asOwner = await login(admin, owner.email);
});
afterAll(() => admin.stop());

const get = (url: string, headers?: Credential): Promise<Answer> => admin.call('GET', url, undefined, headers);

/** An organization, which is two entries in a chain of its own. */
async function organization(id: string): Promise<Json> {
  const answer = await admin.call('POST', '/api/organizations/create', {
    organization_id: id,
    name: id,
    create_default_team: false,
  });
  expect(answer.status).toBe(200);
  return answer.body;
}

const append = (tenantId: string, count: number, fields: Json = {}): Promise<void> =>
  appendEntries(admin, tenantId, count, fields);

describe('GET /api/admin-users/audit-logs', () => {
  const URL = '/api/admin-users/audit-logs';

  it('is what the accounts did, newest first, with what the contract names', async () => {
    admin.clock.advance(1);
    const user = await createUser(admin, 'user');
    await admin.call('PUT', `/api/admin-users/${user.user_id}`, { display_name: 'Renamed' }, asOwner);
    const { status, body } = await get(`${URL}?limit=5`, asOwner);

    expect(status).toBe(200);
    expect(body[0]).toEqual({
      audit_id: expect.any(String),
      user_id: owner.user_id,
      action: 'admin_user.updated',
      resource_type: 'admin_user',
      resource_id: user.user_id,
      details: {
        actor_type: 'operator',
        actor: owner.user_id,
        before: expect.objectContaining({ display_name: 'The user' }),
        after: expect.objectContaining({ display_name: 'Renamed' }),
        user_agent: expect.any(String),
        request_id: expect.any(String),
      },
      ip_address: expect.any(String),
      created_at: new Date(admin.clock.now()).toISOString(),
    });
    expect(body.map((entry: Json) => entry.created_at)).toEqual(
      body
        .map((entry: Json) => entry.created_at)
        .toSorted()
        .toReversed(),
    );
  });

  it('is filtered by action, account and kind of resource, and paged by offset', async () => {
    await append(SYSTEM_TENANT_ID, 4, { actorId: owner.user_id });
    const things = await get(`${URL}?resource_type=thing&user_id=${owner.user_id.toUpperCase()}`, asOwner);
    const [second] = (await get(`${URL}?action=thing.changed&limit=1&offset=1`, asOwner)).body;

    expect(things.body).toHaveLength(4);
    expect(second).toEqual(things.body[1]);
    expect((await get(`${URL}?action=thing.*`, asOwner)).body).toHaveLength(4);
    expect((await get(`${URL}?action=thing`, asOwner)).body).toEqual([]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=-1', 'limit=1.5', 'offset=-1', 'user_id=x', 'action=%00'])(
    'answers 422 for %s',
    async (query) => {
      const answer = await get(`${URL}?${query}`, asOwner);

      expect(answer.status).toBe(422);
      expect(answer.body.detail[0].loc).toEqual(['query', query.split('=')[0]]);
    },
  );

  it('is for owners and admins who are logged in', async () => {
    const asUser = await login(admin, (await createUser(admin, 'user')).email);
    const asAdmin = await login(admin, (await createUser(admin, 'admin')).email);

    expect((await get(URL, asUser)).status).toBe(403);
    expect((await get(URL, asAdmin)).status).toBe(200);
    expect((await get(URL)).status).toBe(401);
  });
});

describe('GET /api/audit-logs', () => {
  it('shows every chain, each entry with its place and its organization', async () => {
    const { customer_id: tenantId } = await organization('org-audit');
    const { body } = await get(`${LOGS}?organization_id=org-audit`);

    expect(body.next_cursor).toBeNull();
    expect(body.entries.map((entry: Json) => [entry.action, entry.position, entry.organization_id])).toEqual(
      expect.arrayContaining([
        ['organization.created', 2, 'org-audit'],
        ['customer.created', 1, 'org-audit'],
      ]),
    );
    expect(body.entries[0]).toMatchObject({ tenant_id: tenantId, actor_type: 'operator', actor: 'master-key' });
    const actions = (await get(LOGS)).body.entries.map((entry: Json) => entry.action);
    expect(actions).toEqual(expect.arrayContaining(['organization.created', 'admin_user.logged_in']));
  });

  it('is walked by cursor to the end: each entry once, whatever is written meanwhile', async () => {
    const { customer_id: tenantId } = await organization('org-pages');
    await append(tenantId, 9);
    // Several of one instant.
    const occurredAt = new Date(admin.clock.now());
    await append(tenantId, 6, { occurredAt, action: 'twin.changed' });
    const before = (await get(`${LOGS}?organization_id=org-pages`)).body.entries;
    const walked: Json[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await get(`${LOGS}?organization_id=org-pages&limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`);
      walked.push(...page.body.entries);
      expect(page.status).toBe(200);
      cursor = page.body.next_cursor;
      await append(tenantId, 1);
    }

    expect(before.length).toBeGreaterThanOrEqual(17);
    expect(walked).toEqual(before);
  });

  it('takes each filter, and all together', async () => {
    const { customer_id: tenantId } = await organization('org-filter');
    await append(tenantId, 1, {
      actorType: 'team',
      actorId: 'team-x',
      action: 'job.created',
      entityType: 'job',
      entityId: 'j1',
      requestId: 'r1',
    });
    const at = new Date(admin.clock.now()).toISOString();
    await append(tenantId, 1, { action: 'job_x.created', entityType: 'job', entityId: 'j2' });
    const count = async (query: string): Promise<number> =>
      (await get(`${LOGS}?organization_id=org-filter&${query}`)).body.entries.length;

    expect(await count('actor=team-x')).toBe(1);
    expect(await count('actor_type=team')).toBe(1);
    expect(await count('action=job.created')).toBe(1);
    expect(await count('action=job.*')).toBe(1);
    // A underscore is no wildcard.
    expect(await count('action=job_*')).toBe(1);
    expect(await count('action=*')).toBeGreaterThanOrEqual(4);
    expect(await count('resource_type=job')).toBe(2);
    expect(await count('resource_id=j2')).toBe(1);
    expect(await count('request_id=r1')).toBe(1);
    expect(await count(`from=${at}`)).toBe(2);
    expect(await count(`to=${at}&resource_type=job`)).toBe(0);
    expect(await count(`actor=team-x&action=job.*&resource_type=job&resource_id=j1&request_id=r1&from=${at}`)).toBe(1);
  });

  it('answers 404 for an organization that never was, 422 for what it cannot read', async () => {
    expect((await get(`${LOGS}?organization_id=nobody`)).status).toBe(404);
    const foreign = Buffer.from('["x","y"]').toString('base64url');
    for (const query of [
      'limit=0',
      'limit=5000',
      'cursor=x',
      `cursor=${foreign}`,
      'from=yesterday',
      'to=2026-02-30T00:00:00Z',
    ]) {
      expect([query, (await get(`${LOGS}?${query}`)).status]).toEqual([query, 422]);
    }
  });

  it('is for owners, admins and the master key', async () => {
    const asUser = await login(admin, (await createUser(admin, 'user')).email);
    for (const url of [LOGS, `${LOGS}/export`, `${LOGS}/verify`]) {
      expect((await get(url, asUser)).status).toBe(403);
      expect((await get(url, asOwner)).status).toBe(200);
      expect((await get(url)).status).toBe(200);
      expect((await get(url, {})).status).toBe(401);
    }
  });
});

describe('GET /api/audit-logs/export', () => {
  let origin: string;
  beforeAll(async () => {
    origin = await admin.listen();
  });

  const download = (query: string): Promise<Response> =>
    fetch(`${origin}${LOGS}/export?${query}`, { headers: { 'x-admin-key': MASTER_KEY } });

  it('is every entry that fits as a line of JSON, newest first', async () => {
    const { customer_id: tenantId } = await organization('org-export');
    await append(tenantId, 1_200);
    const response = await download('organization_id=org-export&action=thing.*');
    const lines = (await response.text()).split('\n');

    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit-logs.ndjson"');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line).after.index)).toEqual(
      Array.from({ length: 1_200 }, (_, index) => 1_199 - index),
    );
  });

  it('is a table that no spreadsheet runs', async () => {
    const { customer_id: tenantId } = await organization('org-csv');
    await append(tenantId, 1, {
      userAgent: '=HYPERLINK("http://evil.example")',
      entityId: '-1+2',
      after: { say: 'a "b", c' },
    });
    const response = await download('format=csv&organization_id=org-csv&action=thing.changed');
    const [head, row = ''] = (await response.text()).split('\r\n');

    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(head).toBe(
      'audit_id,created_at,organization_id,actor_type,actor,action,resource_type,resource_id,before,after,ip_address,user_agent,request_id,tenant_id,position,hash',
    );
    expect(row).toContain(`,'-1+2,`);
    expect(row).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
    expect(row).toContain(String.raw`"{""say"":""a \""b\"", c""}"`);
  });

  it('answers as errors what it knows before the first line', async () => {
    expect(await get(`${LOGS}/export?organization_id=nobody`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect((await get(`${LOGS}/export?format=xml`)).status).toBe(422);
  });
});

describe('the chain of an organization', () => {
  const verify = (id: string): Promise<Answer> => get(`${LOGS}/verify?organization_id=${id}`);

  it('is intact, says how long it is and where it ends', async () => {
    const { customer_id: tenantId } = await organization('org-whole');
    await append(tenantId, 2_500);
    const { body } = await verify('org-whole');

    expect(body).toEqual({
      organization_id: 'org-whole',
      tenant_id: tenantId,
      is_intact: true,
      entries: 2_502,
      broken_at: null,
      last_position: 2_502,
      last_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await get(`${LOGS}/verify`)).body).toMatchObject({ tenant_id: SYSTEM_TENANT_ID, is_intact: true });
    expect((await verify('nobody')).status).toBe(404);
  });

  it.each([
    'UPDATE governance.audit_entries SET ip = NULL',
    'DELETE FROM governance.audit_entries',
    'TRUNCATE governance.audit_entries',
  ])('is kept by PostgreSQL from %s', async (sql) => {
    await expect(admin.db.query(sql)).rejects.toThrow('append-only');
    await expect(admin.db.query(sql.includes('TRUNCATE') ? sql : `${sql} WHERE false`)).rejects.toThrow('append-only');
  });

  it.each<[string, string, string, number]>([
    [
      'an edited entry',
      `UPDATE governance.audit_entries SET after = '{"x":1}' WHERE tenant_id = $1 AND position = 1207`,
      'changed',
      1_207,
    ],
    [
      'an entry of somebody else',
      `UPDATE governance.audit_entries SET actor_id = 'x' WHERE tenant_id = $1 AND position = 3`,
      'changed',
      3,
    ],
    [
      'an entry that is gone',
      `DELETE FROM governance.audit_entries WHERE tenant_id = $1 AND position = 1001`,
      'missing_before',
      1_002,
    ],
    [
      'a first entry that is gone',
      `DELETE FROM governance.audit_entries WHERE tenant_id = $1 AND position = 1`,
      'missing_before',
      2,
    ],
    [
      'another past',
      `UPDATE governance.audit_entries SET prev_hash = repeat('a', 64) WHERE tenant_id = $1 AND position = 5`,
      'not_linked',
      5,
    ],
    [
      'an entry before the first',
      `UPDATE governance.audit_entries SET position = 0 WHERE tenant_id = $1 AND position = 1`,
      'missing_before',
      0,
    ],
  ])('shows %s', async (what, sql, reason, position) => {
    const id = `org-${what.replaceAll(' ', '-')}`;
    const { customer_id: tenantId } = await organization(id);
    await append(tenantId, 1_300);
    await tamper(admin, sql, [tenantId]);

    expect((await verify(id)).body).toMatchObject({ is_intact: false, broken_at: { position, reason } });
  });
});

describe('refused logins', () => {
  it('are found by address and account', async () => {
    await attempt(admin, 'ghost@example.com', 'wrong', '10.9.9.9');
    const { body } = await get(`${LOGS}?action=admin_user.login_refused&limit=1`);

    expect(body.entries[0]).toMatchObject({
      actor_type: 'anonymous',
      ip_address: '10.9.9.9',
      after: { account: 'ghost@example.com' },
    });
  });
});
