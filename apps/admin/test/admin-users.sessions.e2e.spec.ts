import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { operatorEpochKey } from '@penstock/dto';
import type { AdminRole } from '@penstock/entities';
import { sessionLeaseMs } from '@penstock/management';
import { ChaosProxy, waitFor } from '@penstock/testing';
import { Redis } from 'ioredis';

import { throttleWindowMs } from '../src/admin-users/passwords/login-throttle.js';
import { type AdminApp, type AdminProcess, type Answer, type Json, startAdmin } from './support/admin-app.js';
import { createUser, type Credential, login, PASSWORD, systemAudit } from './support/operators.js';

const ROOT = '/api/admin-users';
const UNKNOWN = '01890000-0000-7000-8000-000000000000';

let admin: AdminApp;
/** Another process, with its own way to Redis. */
let other: AdminProcess;
let otherNetwork: ChaosProxy;
let redis: Redis;

beforeAll(async () => {
  admin = await startAdmin();
  otherNetwork = await ChaosProxy.start(admin.redisServer.port);
  other = await admin.startReplica({ redisUrl: otherNetwork.inPlaceOf(admin.redisServer.url) });
  redis = new Redis(admin.redisServer.url);
});
afterAll(async () => {
  redis.disconnect();
  await other.stop();
  await otherNetwork.close();
  await admin.stop();
});
beforeEach(() => admin.clock.advance(throttleWindowMs));
afterEach(() => {
  admin.redisNetwork.heal();
  otherNetwork.heal();
});

async function someone(role: AdminRole = 'user'): Promise<Json> {
  const user = await createUser(admin, role);
  return { ...user, credential: await login(admin, user.email) };
}

const me = (at: AdminProcess, credential: Credential): Promise<Answer> =>
  at.call('GET', `${ROOT}/me`, undefined, credential);
const get = (path: string, credential: Credential): Promise<Answer> =>
  admin.call('GET', `${ROOT}${path}`, undefined, credential);
const end = (path: string, credential: Credential, at: AdminProcess = admin): Promise<Answer> =>
  at.call('DELETE', `${ROOT}${path}`, undefined, credential);

/** Until the login is in the cache: the entry is written beside the answer that it is for. */
async function cached(at: AdminProcess, { user_id: userId, credential }: Json): Promise<void> {
  await waitFor(
    async () => {
      expect((await me(at, credential)).status).toBe(200);
      return (await redis.keys(operatorEpochKey(userId).replace(/epoch$/, 'session:*'))).length > 0;
    },
    { what: 'the login to be cached' },
  );
}

describe('the logins of an account', () => {
  it('are listed with where they came from, the one that asks marked, the newest first', async () => {
    const user = await someone();
    admin.clock.advance(1_000);
    const second = await login(other, user.email);
    const { status, body } = await get('/me/sessions', second);

    expect(status).toBe(200);
    expect(body).toEqual([
      {
        session_id: expect.any(String),
        user_id: user.user_id,
        created_at: new Date(admin.clock.now()).toISOString(),
        expires_at: new Date(admin.clock.now() + 24 * 3_600_000).toISOString(),
        ip_address: '10.0.0.1',
        user_agent: expect.any(String),
        is_current: true,
      },
      expect.objectContaining({ user_id: user.user_id, is_current: false }),
    ]);
    expect(JSON.stringify(body)).not.toContain(second['authorization']?.slice(-20));
  });

  it('end one by one, and not a second time', async () => {
    const user = await someone();
    const second = await login(other, user.email);
    const { body } = await get('/me/sessions', user.credential);
    const { session_id: id } = body.find((session: Json) => !session.is_current);

    expect((await end(`/me/sessions/${id}`, user.credential)).status).toBe(200);
    expect((await me(other, second)).status).toBe(401);
    expect((await me(other, user.credential)).status).toBe(200);
    expect((await end(`/me/sessions/${id}`, user.credential)).status).toBe(404);
    expect((await end('/me/sessions/x', user.credential)).status).toBe(422);
    const entries = (await systemAudit(admin)).filter(({ action }) => action === 'admin_user.session_revoked');
    expect(entries.at(-1)).toMatchObject({
      actorId: user.user_id,
      before: { session_id: id },
    });
  });

  it('end all at once, the one that asks too', async () => {
    const user = await someone();
    const second = await login(other, user.email);

    expect(await end('/me/sessions', user.credential)).toMatchObject({ status: 200, body: { sessions_revoked: 2 } });
    expect((await me(admin, user.credential)).status).toBe(401);
    expect((await me(other, second)).status).toBe(401);
  });

  it('are nobody else’s to end through the own address', async () => {
    const [user, stranger] = [await someone(), await someone()];
    const { body } = await get('/me/sessions', user.credential);

    expect((await end(`/me/sessions/${body[0].session_id}`, stranger.credential)).status).toBe(404);
    expect((await me(admin, user.credential)).status).toBe(200);
  });

  it('are seen and ended by who manages the account, and by nobody else', async () => {
    const [owner, manager, user] = [await someone('owner'), await someone('admin'), await someone()];
    const statuses = async (of: Json, by: Json): Promise<number[]> => [
      (await get(`/${of.user_id}/sessions`, by.credential)).status,
      (await end(`/${of.user_id}/sessions/${UNKNOWN}`, by.credential)).status,
    ];

    expect(await statuses(user, owner)).toEqual([200, 404]);
    expect(await statuses(manager, owner)).toEqual([200, 404]);
    expect(await statuses(user, manager)).toEqual([200, 404]);
    expect(await statuses(manager, manager)).toEqual([200, 404]);
    expect(await statuses(owner, manager)).toEqual([403, 403]);
    expect(await statuses(user, user)).toEqual([403, 403]);
    expect((await get(`/${UNKNOWN}/sessions`, owner.credential)).status).toBe(404);
    expect(await end(`/${user.user_id}/sessions`, manager.credential)).toMatchObject({
      status: 200,
      body: { sessions_revoked: 1 },
    });
    expect((await me(other, user.credential)).status).toBe(401);
  });
});

/** What ends a login or changes what it may do, and what the other process answers from then on. */
const revocations: [string, (user: Json, owner: Json) => Promise<Answer>][] = [
  ['logout', ({ credential }) => admin.call('POST', `${ROOT}/logout`, undefined, credential)],
  [
    'the end of one login',
    async ({ user_id: id }, { credential }) => {
      const { body } = await get(`/${id}/sessions`, credential);
      return end(`/${id}/sessions/${body[0].session_id}`, credential);
    },
  ],
  ['the end of all', ({ user_id: id }, { credential }) => end(`/${id}/sessions`, credential)],
  [
    'deactivation',
    ({ user_id: id }, { credential }) => admin.call('PUT', `${ROOT}/${id}`, { is_active: false }, credential),
  ],
  ['deletion', ({ user_id: id }, { credential }) => end(`/${id}`, credential)],
  [
    'a change of the password from another login',
    async ({ email }) =>
      admin.call(
        'POST',
        `${ROOT}/me/change-password`,
        { current_password: PASSWORD, new_password: 'another password' },
        await login(admin, email),
      ),
  ],
];

describe('a revocation', () => {
  let owner: Json;
  beforeAll(async () => {
    owner = await someone('owner');
  });
  beforeEach(async () => {
    owner.credential = await login(admin, owner.email);
  });

  it.each(revocations)('by %s is there for the other process when it is answered', async (_what, revoke) => {
    const user = await someone();
    await cached(other, user);

    expect((await revoke(user, owner)).status).toBe(200);
    expect((await me(other, user.credential)).status).toBe(401);
    expect((await me(admin, user.credential)).status).toBe(401);
  });

  it('by a lower role is there as well', async () => {
    const user = await someone('admin');
    await cached(other, user);
    const list = (): Promise<Answer> => other.call('GET', ROOT, undefined, user.credential);
    expect((await list()).status).toBe(200);

    expect((await admin.call('PUT', `${ROOT}/${user.user_id}`, { role: 'user' }, owner.credential)).status).toBe(200);
    expect((await list()).status).toBe(403);
  });

  it('holds for requests that were looked up while it was made', async () => {
    const user = await someone();
    const answered = new AbortController();
    const late: number[] = [];
    const reader = async (): Promise<void> => {
      for (let rounds = 0; rounds < 5; rounds += answered.signal.aborted ? 1 : 0) {
        const isLate = answered.signal.aborted;
        const { status } = await me(other, user.credential);
        if (isLate) late.push(status);
      }
    };
    const readers = Promise.all(Array.from({ length: 8 }, reader));
    await end(`/${user.user_id}/sessions`, owner.credential).finally(() => answered.abort());
    await readers;

    expect(late.length).toBeGreaterThan(20);
    expect(new Set(late)).toEqual(new Set([401]));
  });

  it.each<[string, (network: ChaosProxy) => void]>([
    ['cannot reach Redis', (network) => network.breakDown()],
    ['gets no answer from Redis', (network) => network.stall()],
    ['does not learn that Redis was told', (network) => network.withholdReplies()],
  ])('holds although who makes it %s, while the other process can', async (_what, harm) => {
    const user = await someone();
    await cached(other, user);
    harm(admin.redisNetwork);

    const pending = end(`/${user.user_id}/sessions`, owner.credential);
    // The other process asks on, and caches what it may, until the revocation is answered.
    const answered = new AbortController();
    const reader = (async () => {
      while (!answered.signal.aborted) await me(other, user.credential);
    })();
    const { status } = await pending.finally(() => answered.abort());
    const after = await me(other, user.credential);
    await reader;

    expect([status, after.status]).toEqual([200, 401]);
    expect((await me(admin, user.credential)).status).toBe(401);
  });

  it('holds when Redis comes back with what it knew before', async () => {
    const user = await someone();
    await cached(other, user);
    otherNetwork.breakDown();
    admin.redisNetwork.breakDown();
    expect((await end(`/${user.user_id}/sessions`, owner.credential)).status).toBe(200);
    otherNetwork.heal();
    admin.redisNetwork.heal();

    for (let index = 0; index < 20; index += 1) expect((await me(other, user.credential)).status).toBe(401);
  });

  it('holds against an entry that is written after it, by a look-up that began before', async () => {
    const user = await someone();
    const token = user.credential.authorization.slice('Bearer '.length);
    await cached(other, user);
    const [key = ''] = await redis.keys(operatorEpochKey(user.user_id).replace(/epoch$/, 'session:*'));
    const entry = await redis.get(key);
    expect(entry).not.toContain(token);
    expect((await end(`/${user.user_id}/sessions`, owner.credential)).status).toBe(200);
    await redis.set(key, entry ?? '', 'PX', 60_000);

    expect((await me(other, user.credential)).status).toBe(401);
  });
});

describe('a cached login', () => {
  it('lasts no longer than its lease, whatever becomes of PostgreSQL', async () => {
    const user = await someone();
    await cached(other, user);
    const [key = ''] = await redis.keys(operatorEpochKey(user.user_id).replace(/epoch$/, 'session:*'));
    const left = await redis.pttl(key);

    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(sessionLeaseMs);
  });

  it('ends with its 24 hours, also within its lease', async () => {
    const user = await someone();
    admin.clock.advance(24 * 3_600_000 - 1);
    await cached(other, user);
    admin.clock.advance(1);

    expect((await me(other, user.credential)).status).toBe(401);
  });

  it('is not needed: without Redis PostgreSQL is asked, and works', async () => {
    const user = await someone();
    otherNetwork.breakDown();

    for (let index = 0; index < 5; index += 1) expect((await me(other, user.credential)).status).toBe(200);
  });
});
