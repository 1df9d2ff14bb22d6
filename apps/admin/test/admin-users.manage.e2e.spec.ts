import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AdminUserEntity, findBrokenLink } from '@penstock/entities';

import { throttleWindowMs } from '../src/admin-users/passwords/login-throttle.js';
import { type AdminApp, type AdminProcess, type Json, startAdmin } from './support/admin-app.js';
import { attempt, createUser, type Credential, login, PASSWORD, systemAudit } from './support/operators.js';

const UNKNOWN = '01890000-0000-7000-8000-000000000000';

let admin: AdminApp;
let owner: Json;
let asOwner: Credential;
let asAdmin: Credential;
let theAdmin: Json;

beforeAll(async () => {
  admin = await startAdmin();
  owner = await createUser(admin, 'owner');
  admin.clock.advance(1);
  theAdmin = await createUser(admin, 'admin');
});
afterAll(() => admin.stop());
beforeEach(async () => {
  admin.clock.advance(throttleWindowMs);
  asOwner = await login(admin, owner.email);
  asAdmin = await login(admin, theAdmin.email);
});

const put = (id: string, body: Json, credential: Credential) =>
  admin.call('PUT', `/api/admin-users/${id}`, body, credential);
const remove = (id: string, credential: Credential) =>
  admin.call('DELETE', `/api/admin-users/${id}`, undefined, credential);

describe('POST /api/admin-users', () => {
  const fresh = (role: string, email: string): Json => ({ email, display_name: 'New', password: PASSWORD, role });

  it('answers 200 with the account, made by whoever made it', async () => {
    const body = { ...fresh('admin', 'new@Example.org'), metadata: { team: 'platform' } };
    const answer = await admin.call('POST', '/api/admin-users', body, asOwner);

    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual({
      user_id: expect.any(String),
      email: 'new@example.org',
      display_name: 'New',
      role: 'admin',
      is_active: true,
      created_at: new Date(admin.clock.now()).toISOString(),
      created_by: owner.user_id,
      last_login: null,
      metadata: { team: 'platform' },
    });
    expect((await systemAudit(admin)).at(-1)).toMatchObject({
      action: 'admin_user.created',
      actorId: owner.user_id,
      entityId: answer.body.user_id,
      before: null,
      after: { email: 'new@example.org', role: 'admin', is_active: true },
    });
  });

  it('answers 400 "already registered" for an address that is taken, also by a deleted account', async () => {
    const gone = await createUser(admin, 'user');
    await remove(gone.user_id, asOwner);

    for (const email of [owner.email, gone.email]) {
      const answer = await admin.call('POST', '/api/admin-users', fresh('user', email), asOwner);
      expect(answer).toMatchObject({ status: 400, body: { detail: expect.stringContaining('already registered') } });
    }
  });

  it('lets an admin create users only', async () => {
    for (const role of ['owner', 'admin']) {
      const answer = await admin.call('POST', '/api/admin-users', fresh(role, `no-${role}@example.com`), asAdmin);
      expect(answer).toMatchObject({ status: 403, body: { code: 'role_insufficient' } });
    }
    expect((await admin.call('POST', '/api/admin-users', fresh('user', 'yes@example.com'), asAdmin)).status).toBe(200);
    expect((await systemAudit(admin)).map(({ action }) => action)).toContain('admin_user.change_refused');
  });

  it.each<[string, Json, string]>([
    ['no role', { ...fresh('user', 'x@example.com'), role: undefined }, 'role'],
    ['a role nobody has', fresh('root', 'x@example.com'), 'role'],
    ['metadata that is a list', { ...fresh('user', 'x@example.com'), metadata: [] }, 'metadata'],
  ])('answers 422 for %s', async (_what, body, field) => {
    const answer = await admin.call('POST', '/api/admin-users', body, asOwner);

    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContainEqual(expect.objectContaining({ loc: ['body', field] }));
  });
});

describe('GET /api/admin-users', () => {
  it('is a bare array, newest first, with nothing of passwords', async () => {
    admin.clock.advance(1);
    const newest = await createUser(admin, 'user');
    const { status, body } = await admin.call('GET', '/api/admin-users', undefined, asAdmin);

    expect(status).toBe(200);
    expect(body[0]).toEqual(newest);
    expect(body.at(-1).user_id).toBe(owner.user_id);
    expect(JSON.stringify(body)).not.toMatch(/password|argon2/);
  });

  it('is closed to role user', async () => {
    const asUser = await login(admin, (await createUser(admin, 'user')).email);

    expect(await admin.call('GET', '/api/admin-users', undefined, asUser)).toMatchObject({
      status: 403,
      body: { code: 'role_insufficient' },
    });
  });
});

describe('PUT /api/admin-users/:id', () => {
  it('changes what is named, leaves what is absent or null, and audits before and after', async () => {
    const user = await createUser(admin, 'user');
    const answer = await put(
      user.user_id,
      { display_name: 'Renamed', metadata: { a: 1 }, role: null, is_active: null, email: 'ignored@example.com' },
      asAdmin,
    );

    expect(answer).toMatchObject({ status: 200, body: { ...user, display_name: 'Renamed', metadata: { a: 1 } } });
    expect((await systemAudit(admin)).at(-1)).toMatchObject({
      action: 'admin_user.updated',
      actorId: theAdmin.user_id,
      before: { display_name: 'The user', metadata: {} },
      after: { display_name: 'Renamed', metadata: { a: 1 } },
    });
  });

  it('writes nothing when nothing changes', async () => {
    const user = await createUser(admin, 'user');
    const entries = (await systemAudit(admin)).length;
    expect((await put(user.user_id, { display_name: user.display_name, role: 'user' }, asOwner)).status).toBe(200);

    expect(await systemAudit(admin)).toHaveLength(entries);
  });

  it('gives a role at once, to tokens that are out already', async () => {
    const user = await createUser(admin, 'user');
    const credential = await login(admin, user.email);
    await put(user.user_id, { role: 'admin' }, asOwner);
    expect((await admin.call('GET', '/api/admin-users', undefined, credential)).status).toBe(200);

    await put(user.user_id, { role: 'user' }, asOwner);
    expect((await admin.call('GET', '/api/admin-users', undefined, credential)).status).toBe(403);
  });

  it('ends every login of an account that it deactivates; activating does not bring them back', async () => {
    const user = await createUser(admin, 'user');
    const credential = await login(admin, user.email);
    await put(user.user_id, { is_active: false }, asOwner);
    expect((await admin.call('GET', '/api/admin-users/me', undefined, credential)).status).toBe(401);

    await put(user.user_id, { is_active: true }, asOwner);
    expect((await admin.call('GET', '/api/admin-users/me', undefined, credential)).status).toBe(401);
    expect((await attempt(admin, user.email, PASSWORD)).status).toBe(200);
  });

  it('keeps admins from admins and owners, themselves included, and from promoting', async () => {
    const user = await createUser(admin, 'user');
    const refused = [
      await put(owner.user_id, { display_name: 'x' }, asAdmin),
      await put(theAdmin.user_id, { display_name: 'x' }, asAdmin),
      await put(user.user_id, { role: 'admin' }, asAdmin),
      await remove(owner.user_id, asAdmin),
    ];

    expect(refused.map(({ status, body }) => `${status} ${body.code}`)).toEqual(Array(4).fill('403 role_insufficient'));
  });

  it('answers 400 for the own role, 404 for nobody, 422 for an id that is none', async () => {
    expect(await put(owner.user_id, { role: 'owner' }, asOwner)).toMatchObject({
      status: 400,
      body: { code: 'own_account' },
    });
    expect((await put(UNKNOWN, {}, asOwner)).status).toBe(404);
    expect((await put('x', {}, asOwner)).status).toBe(422);
  });
});

describe('DELETE /api/admin-users/:id', () => {
  it('deactivates, ends every login, and says so once', async () => {
    const user = await createUser(admin, 'user');
    const credential = await login(admin, user.email);
    expect(await remove(user.user_id, asAdmin)).toMatchObject({ status: 200, body: { message: expect.any(String) } });

    expect((await admin.call('GET', '/api/admin-users/me', undefined, credential)).status).toBe(401);
    expect((await attempt(admin, user.email, PASSWORD)).status).toBe(401);
    expect((await remove(user.user_id, asAdmin)).status).toBe(200);
    const deletions = (await systemAudit(admin)).filter(
      ({ action, entityId }) => action === 'admin_user.deleted' && entityId === user.user_id,
    );
    expect(deletions).toHaveLength(1);
    expect(deletions[0]).toMatchObject({ before: { is_active: true }, after: { sessions_revoked: 1 } });
  });

  it('answers 404 for nobody before anything else, and 400 for oneself', async () => {
    expect((await remove(UNKNOWN, asAdmin)).status).toBe(404);
    expect(await remove(owner.user_id, asOwner)).toMatchObject({ status: 400, body: { code: 'own_account' } });
    expect(await remove(theAdmin.user_id, asAdmin)).toMatchObject({ status: 400, body: { code: 'own_account' } });
  });
});

describe('the master key', () => {
  it('is no account: it opens nothing of the accounts', async () => {
    const user = await createUser(admin, 'user');
    const answers = [
      await admin.call('GET', '/api/admin-users'),
      await admin.call('POST', '/api/admin-users', { role: 'user' }),
      await admin.call('PUT', `/api/admin-users/${user.user_id}`, { role: 'admin' }),
      await admin.call('DELETE', `/api/admin-users/${user.user_id}`),
    ];

    expect(answers.map(({ status, body }) => `${status} ${body.code}`)).toEqual(
      Array(4).fill('401 authentication_required'),
    );
  });
});

describe('the last owner', () => {
  const activeOwners = () => admin.db.getRepository(AdminUserEntity).countBy({ role: 'owner', isActive: true });

  it('cannot deactivate itself', async () => {
    expect(await activeOwners()).toBe(1);

    expect(await put(owner.user_id, { is_active: false }, asOwner)).toMatchObject({
      status: 400,
      body: { code: 'last_owner' },
    });
    expect(await activeOwners()).toBe(1);
  });

  it('is there after two owners demoted each other at once, each by another process', async () => {
    const replica = await admin.startReplica();
    for (let round = 0; round < 5; round += 1) {
      const other = await createUser(admin, 'owner');
      const asOther = await login(replica, other.email);
      const demote = (by: AdminProcess, { user_id: id }: Json, credential: Credential) =>
        by.call('PUT', `/api/admin-users/${id}`, { role: 'user' }, credential);
      const answers = await Promise.all([demote(admin, other, asOwner), demote(replica, owner, asOther)]);

      // Who was demoted first is the last owner for the other, or no longer one who may demote.
      expect(answers.map(({ status }) => status === 200)).toContain(true);
      expect(answers.filter(({ status }) => [400, 403].includes(status))).toHaveLength(1);
      expect(await activeOwners()).toBe(1);
      await admin.db.query(`UPDATE saas.admin_users SET role = CASE user_id WHEN $1 THEN 'owner' ELSE 'user' END`, [
        owner.user_id,
      ]);
      asOwner = await login(admin, owner.email);
    }
    await replica.stop();
  });

  it('is there after any number of owners removed each other at once', async () => {
    const others = await Promise.all([1, 2, 3, 4, 5].map(() => createUser(admin, 'owner')));
    const owners = [owner, ...others];
    const credentials = await Promise.all(owners.map(({ email }) => login(admin, email)));
    const answers = await Promise.all(
      owners.map((_, index) => remove(owners[(index + 1) % owners.length].user_id, credentials[index] ?? {})),
    );

    expect(answers.every(({ status }) => [200, 400, 401].includes(status))).toBe(true);
    expect(await activeOwners()).toBeGreaterThanOrEqual(1);
    expect(findBrokenLink(await systemAudit(admin))).toBe(-1);
  });
});
