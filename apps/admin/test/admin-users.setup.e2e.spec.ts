import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AdminUserEntity, findBrokenLink } from '@penstock/entities';

import { type AdminApp, type Json, startAdmin } from './support/admin-app.js';
import { bearer, createUser, PASSWORD, systemAudit } from './support/operators.js';

const nobody = {};
const owner = { email: 'Ada@Example.COM', display_name: 'Ada', password: PASSWORD };

describe('the setup of the first owner', () => {
  let admin: AdminApp;
  beforeEach(async () => {
    admin = await startAdmin();
  });
  afterEach(() => admin.stop());

  function status(): Promise<Json> {
    return admin.call('GET', '/api/admin-users/setup/status', undefined, nobody).then(({ body }) => body);
  }

  it('is open to anybody once, and logs the owner in', async () => {
    expect(await status()).toEqual({ needs_setup: true, has_users: false });
    const answer = await admin.call('POST', '/api/admin-users/setup', owner, nobody);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      user: {
        user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        email: 'Ada@example.com',
        display_name: 'Ada',
        role: 'owner',
        is_active: true,
        created_at: '2026-01-15T12:00:00.000Z',
        created_by: null,
        last_login: '2026-01-15T12:00:00.000Z',
        metadata: {},
      },
    });
    const me = await admin.call('GET', '/api/admin-users/me', undefined, bearer(answer.body.access_token));
    expect(me).toMatchObject({ status: 200, body: answer.body.user });

    expect(await status()).toEqual({ needs_setup: false, has_users: true });
    expect(await admin.call('POST', '/api/admin-users/setup', owner, nobody)).toMatchObject({
      status: 400,
      body: { code: 'setup_done', detail: expect.any(String) },
    });
  });

  it('makes exactly one owner when 50 try at once at two processes', async () => {
    const replica = await admin.startReplica();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const body = { ...owner, email: `owner-${index}@example.com` };
        return (index % 2 === 0 ? admin : replica).call('POST', '/api/admin-users/setup', body, nobody);
      }),
    );
    await replica.stop();

    expect(answers.filter(({ status: code }) => code === 200)).toHaveLength(1);
    expect(answers.filter(({ status: code }) => code === 400)).toHaveLength(49);
    expect(await admin.db.getRepository(AdminUserEntity).count()).toBe(1);
  });

  it('is over as soon as there is any account', async () => {
    await createUser(admin, 'user');

    expect((await admin.call('POST', '/api/admin-users/setup', owner, nobody)).status).toBe(400);
  });

  it('keeps the password as argon2id only, and audits the account without it', async () => {
    const { body } = await admin.call('POST', '/api/admin-users/setup', owner, nobody);
    const [row] = await admin.db.getRepository(AdminUserEntity).find();
    const audit = await systemAudit(admin);

    expect(row?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(audit.map(({ action, actorType, actorId, entityId }) => [action, actorType, actorId, entityId])).toEqual([
      ['admin_user.set_up', 'operator', body.user.user_id, body.user.user_id],
      ['admin_user.logged_in', 'operator', body.user.user_id, body.user.user_id],
    ]);
    expect(findBrokenLink(audit)).toBe(-1);
    expect(JSON.stringify(audit)).not.toContain('argon2');
    const everything = JSON.stringify([audit, await admin.db.query('SELECT * FROM saas.admin_sessions')]);
    expect(everything).not.toContain(body.access_token);
    expect(everything).not.toContain(PASSWORD);
  });
});

describe('a setup that is not valid', () => {
  let admin: AdminApp;
  beforeAll(async () => {
    admin = await startAdmin();
  });
  afterAll(() => admin.stop());

  it.each<[string, Json, string]>([
    ['no e-mail', { ...owner, email: undefined }, 'email'],
    ['a reserved top-level name', { ...owner, email: 'ada@box.local' }, 'email'],
    ['text that is no e-mail', { ...owner, email: 'ada' }, 'email'],
    ['a password of 7', { ...owner, password: 'seven77' }, 'password'],
    ['a password without end', { ...owner, password: 'x'.repeat(1_025) }, 'password'],
    ['a password that is a number', { ...owner, password: 12_345_678 }, 'password'],
    ['an empty name', { ...owner, display_name: '' }, 'display_name'],
  ])('answers 422 for %s', async (_what, body, field) => {
    const answer = await admin.call('POST', '/api/admin-users/setup', body, nobody);

    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContainEqual(expect.objectContaining({ loc: ['body', field] }));
    const status = await admin.call('GET', '/api/admin-users/setup/status', undefined, nobody);
    expect(status.body).toEqual({ needs_setup: true, has_users: false });
  });
});
