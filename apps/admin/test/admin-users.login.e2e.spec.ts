import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AdminSessionEntity, findBrokenLink } from '@penstock/entities';

import { failuresPerAccountMax, failuresPerAddressMax } from '../src/admin-users/passwords/attempt-buckets.js';
import { throttleWindowMs } from '../src/admin-users/passwords/login-throttle.js';
import { type AdminApp, type Answer, type Json, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { attempt, bearer, createUser, type Credential, login, PASSWORD, systemAudit } from './support/operators.js';

const DAY_MS = 24 * 3_600_000;

let admin: AdminApp;
let user: Json;

beforeAll(async () => {
  admin = await startAdmin();
});
afterAll(() => admin.stop());
beforeEach(async () => {
  admin.clock.advance(throttleWindowMs);
  user = await createUser(admin, 'user');
});

function me(credential: Credential): Promise<Answer> {
  return admin.call('GET', '/api/admin-users/me', undefined, credential);
}

async function auditOf(action: string): Promise<Json[]> {
  return (await systemAudit(admin)).filter((entry) => entry.action === action);
}

describe('POST /api/admin-users/login', () => {
  it('answers a token and the account, and notes when', async () => {
    const answer = await attempt(admin, user.email, PASSWORD);

    expect(answer).toMatchObject({
      status: 200,
      body: {
        token_type: 'bearer',
        user: { ...user, last_login: new Date(admin.clock.now()).toISOString() },
      },
    });
    expect((await me(bearer(answer.body.access_token))).body.user_id).toBe(user.user_id);
  });

  it('takes the host of the address in any case, the mailbox only as it is', async () => {
    const [mailbox, host] = user.email.split('@');

    expect((await attempt(admin, `${mailbox}@${host.toUpperCase()}`, PASSWORD)).status).toBe(200);
    expect((await attempt(admin, `${mailbox.toUpperCase()}@${host}`, PASSWORD)).status).toBe(401);
  });

  it('answers the same for a wrong password, an unknown and an inactive account', async () => {
    const inactive = await createUser(admin, 'user');
    await admin.db.query('UPDATE saas.admin_users SET is_active = false WHERE user_id = $1', [inactive.user_id]);
    const answers = [
      await attempt(admin, user.email, 'wrong password'),
      await attempt(admin, 'nobody@example.com', PASSWORD),
      await attempt(admin, inactive.email, PASSWORD),
      await attempt(admin, inactive.email, 'wrong password'),
      await attempt(admin, user.email, ''),
    ];

    const bodies = answers.map(({ status, body }) => ({ status, ...body, request_id: '' }));
    expect(bodies).toEqual(Array(5).fill(bodies[0]));
    expect(bodies[0]).toMatchObject({ status: 401, code: 'login_refused', detail: expect.any(String) });
  });

  it('audits what was refused with its reason, and never what was typed as the password', async () => {
    await attempt(admin, user.email, 'a wrong password', '10.7.7.7');
    await attempt(admin, 'nobody@example.com', PASSWORD, '10.7.7.7');
    const entries = (await auditOf('admin_user.login_refused')).filter(({ ip }) => ip === '10.7.7.7');

    expect(entries.map(({ entityId, after, actorId }) => [entityId, after, actorId])).toEqual([
      [user.user_id, { account: user.email, code: 'login_refused', reason: 'wrong password' }, 'anonymous'],
      ['unknown', { account: 'nobody@example.com', code: 'login_refused', reason: 'unknown account' }, 'anonymous'],
    ]);
    expect(JSON.stringify(entries)).not.toContain('a wrong password');
    expect(findBrokenLink(await systemAudit(admin))).toBe(-1);
  });

  it('gives two logins of the same second two tokens, and logout ends one of them', async () => {
    const [first, second] = [await login(admin, user.email), await login(admin, user.email)];
    expect(first).not.toEqual(second);
    expect(await admin.call('POST', '/api/admin-users/logout', undefined, first)).toMatchObject({
      status: 200,
      body: { message: expect.any(String) },
    });

    expect((await me(first)).status).toBe(401);
    expect((await me(second)).status).toBe(200);
    expect((await auditOf('admin_user.logged_out')).at(-1)).toMatchObject({ actorId: user.user_id });
  });

  it('lasts 24 hours and not longer; what expired long ago is removed', async () => {
    const credential = await login(admin, user.email);
    admin.clock.advance(DAY_MS - 1);
    expect((await me(credential)).status).toBe(200);
    admin.clock.advance(1);
    expect((await me(credential)).status).toBe(401);

    admin.clock.advance(8 * DAY_MS);
    await login(admin, user.email);
    const sessions = await admin.db.getRepository(AdminSessionEntity).findBy({ userId: user.user_id });
    expect(sessions).toHaveLength(1);
  });

  it('is not needed with the master key, which is nobody who could log out', async () => {
    const key = { 'x-admin-key': MASTER_KEY };

    expect((await me(key)).status).toBe(401);
    expect((await admin.call('POST', '/api/admin-users/logout', undefined, key)).status).toBe(401);
    const change = { current_password: PASSWORD, new_password: 'new password' };
    expect((await admin.call('POST', '/api/admin-users/me/change-password', change, key)).status).toBe(401);
  });

  it('answers 503, not 401, while the database is away, and works again afterwards', async () => {
    const credential = await login(admin, user.email);
    admin.network.breakDown();
    const away = [await me(credential), await attempt(admin, user.email, PASSWORD)];
    admin.network.heal();

    expect(away.map(({ status, body }) => [status, body.code])).toEqual([
      [503, 'database_unavailable'],
      [503, 'database_unavailable'],
    ]);
    expect((await me(credential)).status).toBe(200);
  });
});

describe('guessing at passwords', () => {
  it('is stopped per account and address, with the time to wait, even for the right password', async () => {
    for (let index = 0; index < failuresPerAccountMax; index += 1) {
      expect((await attempt(admin, user.email, 'wrong', '10.1.0.1')).status).toBe(401);
    }
    admin.clock.advance(60_000);
    const answer = await attempt(admin, user.email, PASSWORD, '10.1.0.1');

    expect(answer).toMatchObject({
      status: 429,
      body: { code: 'login_throttled', detail: expect.stringContaining('too many') },
      headers: { 'retry-after': String((throttleWindowMs - 60_000) / 1_000) },
    });
    // The account is not locked, nor is the address for others.
    expect((await attempt(admin, user.email, PASSWORD, '10.1.0.2')).status).toBe(200);
    const other = await createUser(admin, 'user');
    expect((await attempt(admin, other.email, PASSWORD, '10.1.0.1')).status).toBe(200);

    admin.clock.advance(throttleWindowMs - 60_000);
    expect((await attempt(admin, user.email, PASSWORD, '10.1.0.1')).status).toBe(200);
  });

  it('gets no more tries from a burst of parallel attempts', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => attempt(admin, user.email, 'wrong', '10.1.0.3')),
    );

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(failuresPerAccountMax);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40 - failuresPerAccountMax);
  });

  it('gets no more tries at two processes, and keeps nobody out who is elsewhere', async () => {
    const replica = await admin.startReplica();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        attempt(index % 2 === 0 ? admin : replica, user.email, 'wrong', '10.1.0.30'),
      ),
    );
    const guessed = [
      await attempt(admin, user.email, PASSWORD, '10.1.0.30'),
      await attempt(replica, user.email, PASSWORD, '10.1.0.30'),
    ];
    const elsewhere = [
      await attempt(admin, user.email, PASSWORD, '10.1.0.31'),
      await attempt(replica, user.email, PASSWORD, '10.1.0.31'),
    ];
    await replica.stop();

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(failuresPerAccountMax);
    expect(guessed.map(({ status }) => status)).toEqual([429, 429]);
    expect(elsewhere.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('tells nothing about which accounts exist', async () => {
    for (let index = 0; index <= failuresPerAccountMax; index += 1) {
      const [known, unknown] = [
        await attempt(admin, user.email, 'wrong', '10.1.0.4'),
        await attempt(admin, 'nobody@example.com', 'wrong', '10.1.0.4'),
      ];
      expect([known.status, known.body.detail]).toEqual([unknown.status, unknown.body.detail]);
    }
  });

  it('starts afresh after a right one', async () => {
    for (let index = 0; index < 3 * failuresPerAccountMax; index += 1) {
      const password = index % 5 === 4 ? PASSWORD : 'wrong';
      expect((await attempt(admin, user.email, password, '10.1.0.5')).status).toBe(index % 5 === 4 ? 200 : 401);
    }
  });

  it('is stopped per address when it tries account after account, and fills neither audit log nor table', async () => {
    const before = (await auditOf('admin_user.login_refused')).length;
    const statuses: number[] = [];
    for (let index = 0; index < failuresPerAddressMax + 5; index += 1) {
      statuses.push((await attempt(admin, `nobody-${index}@example.com`, 'wrong', '10.1.0.6')).status);
    }

    expect(statuses.filter((status) => status === 401)).toHaveLength(failuresPerAddressMax);
    expect(statuses.slice(-5)).toEqual(Array(5).fill(429));
    // Five that were refused, five that were stopped.
    expect((await auditOf('admin_user.login_refused')).length - before).toBe(10);

    admin.clock.advance(throttleWindowMs);
    await attempt(admin, user.email, PASSWORD, '10.1.0.7');
    await attempt(admin, user.email, PASSWORD, '10.1.0.8');
    const [row] = await admin.db.query('SELECT count(*)::int AS count FROM saas.login_throttles');
    expect(row.count).toBeLessThan(50);
  });
});

describe('POST /api/admin-users/me/change-password', () => {
  function change(credential: Credential, current: string, next: string): Promise<Answer> {
    const body = { current_password: current, new_password: next };
    return admin.call('POST', '/api/admin-users/me/change-password', body, credential);
  }

  it('ends every other login of the account and keeps this one', async () => {
    const [mine, other] = [await login(admin, user.email), await login(admin, user.email)];
    const bystander = await login(admin, (await createUser(admin, 'user')).email);
    expect(await change(mine, PASSWORD, 'another password')).toMatchObject({ status: 200 });

    expect((await me(mine)).status).toBe(200);
    expect((await me(other)).status).toBe(401);
    expect((await me(bystander)).status).toBe(200);
    expect((await attempt(admin, user.email, PASSWORD)).status).toBe(401);
    expect((await attempt(admin, user.email, 'another password')).status).toBe(200);
    expect((await auditOf('admin_user.password_changed')).at(-1)).toMatchObject({
      actorId: user.user_id,
      after: { sessions_revoked: 1 },
    });
  });

  it('answers 400 for a wrong current password, audits it, and stops who guesses with a stolen token', async () => {
    const credential = await login(admin, user.email);
    for (let index = 0; index < failuresPerAccountMax; index += 1) {
      expect(await change(credential, 'wrong', 'another password')).toMatchObject({
        status: 400,
        body: { code: 'password_wrong' },
      });
    }
    expect((await change(credential, PASSWORD, 'another password')).status).toBe(429);
    expect((await auditOf('admin_user.password_change_refused')).at(-1)).toMatchObject({ actorId: user.user_id });
  });

  it('answers 422 for a new password of 7', async () => {
    expect((await change(await login(admin, user.email), PASSWORD, 'seven77')).status).toBe(422);
  });

  it('lets one of two changes at once win', async () => {
    const credential = await login(admin, user.email);
    const answers = await Promise.all([
      change(credential, PASSWORD, 'the first one'),
      change(credential, PASSWORD, 'the second one'),
    ]);

    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '400']);
  });
});
