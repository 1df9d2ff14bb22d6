import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Delete, Get, Module, Post } from '@nestjs/common';
import { TestClock } from '@penstock/testing';

import { startTestApp, type TestApp } from '../../test/support/start-test-app.js';
import { Ctx, type RequestContext } from '../context/request-context.js';
import { ReadsOnly, RequireLogin, RequireRole } from './authority.decorators.js';
import { OperatorAuthModule } from './operator-auth.module.js';
import type { OperatorRole } from './operator-roles.js';
import type { OperatorSession } from './operator-sessions.js';
import { mintOperatorToken, parseTokenSecrets } from './operator-token.js';
import { refusalWindowMs } from './refusal-audit.js';
import type { RefusalEntry } from './refusal-entry.js';

@Controller('things')
class ThingsController {
  @Get()
  read(@Ctx() ctx: RequestContext): RequestContext['actor'] {
    return ctx.actor;
  }

  @Post()
  write(): object {
    return {};
  }

  @Post('explain')
  @ReadsOnly()
  explain(): object {
    return {};
  }

  @Delete()
  @RequireRole('owner')
  remove(): object {
    return {};
  }
}

@Controller('me')
@RequireLogin()
class MeController {
  @Get()
  read(@Ctx() ctx: RequestContext): RequestContext['actor'] {
    return ctx.actor;
  }

  @Post('logout')
  @RequireRole('owner', 'admin', 'user')
  leave(): object {
    return {};
  }
}

@Module({ controllers: [ThingsController, MeController] })
class ThingsModule {}

const tokenKeys = parseTokenSecrets(`1:${Buffer.alloc(32, 7).toString('base64')}`);
const masterKey = { 'x-admin-key': 'the-master-key' };

describe('the authority of operators', () => {
  let app: TestApp;
  let refusals: RefusalEntry[] = [];
  let isDatabaseAway = false;
  const sessions = new Map<string, OperatorSession>();
  const clock = new TestClock();

  beforeAll(async () => {
    const auth = OperatorAuthModule.forRoot({
      masterKey: 'the-master-key',
      logins: {
        tokenKeys,
        sessions: {
          find: async (tokenHash) => {
            if (isDatabaseAway) throw new Error('timeout exceeded when trying to connect');
            return sessions.get(tokenHash) ?? null;
          },
        },
      },
      recordRefusal: async (entry) => void refusals.push(entry),
    });
    app = await startTestApp({ module: { module: class {}, imports: [auth, ThingsModule] }, clock });
  });

  afterAll(() => app.close());

  beforeEach(() => {
    clock.advance(refusalWindowMs);
    refusals = [];
    isDatabaseAway = false;
  });

  async function login(role: OperatorRole, claimed: OperatorRole = role): Promise<Record<string, string>> {
    const { token, tokenHash } = await mintOperatorToken(
      tokenKeys,
      { userId: `id-of-${role}`, email: 'a@example.com', role: claimed },
      clock.now(),
    );
    sessions.set(tokenHash, { sessionId: tokenHash, userId: `id-of-${role}`, role });
    return { authorization: `Bearer ${token}` };
  }

  async function ask(method: string, path: string, headers: Record<string, string>) {
    const response = await fetch(app.url + path, { method, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it.each<[string, string, Record<OperatorRole, number>]>([
    ['GET', '/things', { owner: 200, admin: 200, user: 200 }],
    ['POST', '/things', { owner: 201, admin: 201, user: 403 }],
    ['POST', '/things/explain', { owner: 201, admin: 201, user: 201 }],
    ['DELETE', '/things', { owner: 200, admin: 403, user: 403 }],
    ['GET', '/me', { owner: 200, admin: 200, user: 200 }],
    ['POST', '/me/logout', { owner: 201, admin: 201, user: 201 }],
  ])('%s %s is answered by role: %p', async (method, path, expected) => {
    for (const role of ['owner', 'admin', 'user'] as const) {
      const { status, body } = await ask(method, path, await login(role));
      expect([role, status]).toEqual([role, expected[role]]);
      if (status === 403) expect(body['code']).toBe('role_insufficient');
    }
  });

  it('names the account, with the role it has now and not the one its token claims', async () => {
    const headers = await login('user', 'owner');

    expect((await ask('GET', '/things', headers)).body).toEqual({
      kind: 'operator',
      id: 'id-of-user',
      role: 'user',
      sessionId: expect.any(String),
    });
    expect((await ask('POST', '/things', headers)).status).toBe(403);
  });

  it('says who may not come in before it looks at what was sent', async () => {
    const send = async (headers: Record<string, string>): Promise<number> =>
      (
        await fetch(`${app.url}/things`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: '{"name":',
        })
      ).status;

    expect(await send({})).toBe(401);
    expect(await send(await login('user'))).toBe(403);
    expect(await send(masterKey)).toBe(400);
  });

  it('takes the master key for an owner, but for nobody who is logged in', async () => {
    expect((await ask('DELETE', '/things', masterKey)).status).toBe(200);
    expect((await ask('GET', '/me', masterKey)).status).toBe(401);
  });

  it('lets the token name the operator when both credentials are good', async () => {
    const { body } = await ask('GET', '/things', { ...masterKey, ...(await login('user')) });

    expect(body['id']).toBe('id-of-user');
  });

  it('refuses a good credential beside a wrong one, whichever is wrong', async () => {
    const good = await login('owner');
    for (const headers of [
      { ...good, 'x-admin-key': 'wrong' },
      { ...good, 'x-admin-key': '' },
      { ...masterKey, authorization: `${good['authorization']}x` },
      { ...masterKey, authorization: 'Bearer' },
      { ...masterKey, authorization: 'Basic dXNlcjpwYXNz' },
      { ...masterKey, authorization: '' },
    ]) {
      const { status, body } = await ask('GET', '/things', headers);
      expect([headers, status, body['code']]).toEqual([headers, 401, 'authentication_invalid']);
    }
  });

  it('refuses a good token whose session is gone, or is of another account', async () => {
    const gone = await login('owner');
    sessions.clear();
    expect((await ask('GET', '/things', gone)).status).toBe(401);

    const swapped = await login('user');
    for (const [hash, session] of sessions) sessions.set(hash, { ...session, userId: 'id-of-owner', role: 'owner' });
    expect((await ask('GET', '/things', swapped)).status).toBe(401);
  });

  it('answers 503, not 401, when the session cannot be looked up; the master key works on', async () => {
    const headers = await login('owner');
    isDatabaseAway = true;
    const { status, body } = await ask('GET', '/things', headers);

    expect([status, body['code']]).toEqual([503, 'database_unavailable']);
    expect((await ask('GET', '/things', masterKey)).status).toBe(200);
    // What can be told without the database is told.
    expect((await ask('GET', '/things', { authorization: 'Bearer x' })).status).toBe(401);
    expect((await ask('GET', '/things', { ...headers, 'x-admin-key': 'wrong' })).status).toBe(401);
  });

  it('records each kind of refusal with route and code, and no credential', async () => {
    const headers = await login('user');
    await ask('GET', '/things', {});
    await ask('GET', '/things', { 'x-admin-key': 'wrong-secret' });
    await ask('POST', '/things', headers);

    expect(
      refusals.map(({ actorId, action, entityType, entityId, after, ip }) => [
        actorId,
        action,
        entityType,
        entityId,
        after['code'],
        ip,
      ]),
    ).toEqual([
      ['anonymous', 'operator.refused', 'route', 'GET /things', 'authentication_required', '127.0.0.1'],
      ['anonymous', 'operator.refused', 'route', 'GET /things', 'authentication_invalid', '127.0.0.1'],
      ['id-of-user', 'operator.refused', 'route', 'POST /things', 'role_insufficient', '127.0.0.1'],
    ]);
    expect(JSON.stringify(refusals)).not.toContain('wrong-secret');
  });

  it('writes no token to the log', async () => {
    const headers = await login('owner');
    await ask('GET', '/things', headers);
    await ask('GET', '/things', { authorization: `${headers['authorization']}x` });

    expect(app.text()).not.toContain(headers['authorization']?.split(' ')[1]);
  });
});
