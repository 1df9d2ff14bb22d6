import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { TestClock } from '@penstock/testing';

import { startTestApp, type TestApp } from '../../test/support/start-test-app.js';
import { Ctx, type RequestContext } from '../context/request-context.js';
import { KeyHasher } from '../crypto/key-hasher.js';
import { ReadsOnly } from './authority.decorators.js';
import { OperatorAuthModule } from './operator-auth.module.js';
import { mintOperatorToken, parseTokenSecrets } from './operator-token.js';
import { refusalWindowMs } from './refusal-audit.js';
import type { RefusalEntry } from './refusal-entry.js';
import { TeamOnly, TeamOrOperator } from './team-access.decorators.js';
import type { TeamOfKey } from './team-keys.js';
import { refuseOtherTeam, teamOf } from './team-of.js';

@TeamOnly()
@Controller('jobs')
class JobsController {
  @Post('create')
  create(@Ctx() ctx: RequestContext, @Body() _body: object): object {
    return teamOf(ctx);
  }

  @Get(':job_id')
  read(@Ctx() ctx: RequestContext, @Param('job_id') jobId: string): object {
    refuseOtherTeam(ctx, jobId.split('-of-')[1] ?? '');
    return {};
  }
}

@Controller('teams')
class TeamsController {
  @TeamOrOperator()
  @Get(':team_id/balance')
  balance(@Ctx() ctx: RequestContext): RequestContext['actor'] {
    return ctx.actor;
  }

  @TeamOrOperator()
  @ReadsOnly()
  @Post(':team_id/check')
  check(): object {
    return {};
  }

  @TeamOrOperator()
  @Post(':team_id/add')
  add(): object {
    return {};
  }

  @TeamOnly({ teamParam: 'id' })
  @Get(':id/usage')
  usage(): object {
    return {};
  }

  @Get(':id')
  manage(): object {
    return {};
  }
}

@Module({ controllers: [JobsController, TeamsController] })
class ThingsModule {}

const masterKey = { 'x-admin-key': 'the-master-key' };
const keyOfRed = { authorization: 'Bearer sk-red' };

describe('the credentials of teams', () => {
  const hasher = new KeyHasher('a secret of the test');
  const tokenKeys = parseTokenSecrets(`1:${Buffer.alloc(32, 7).toString('base64')}`);
  const clock = new TestClock();
  const teams = new Map<string, TeamOfKey>();
  let app: TestApp;
  let refusals: RefusalEntry[] = [];
  let isDatabaseAway = false;
  let userToken: Record<string, string>;

  beforeAll(async () => {
    const auth = OperatorAuthModule.forRoot({
      masterKey: 'the-master-key',
      logins: {
        tokenKeys,
        sessions: { find: async (_hash, userId) => ({ sessionId: 's', userId, role: 'user' }) },
      },
      teams: {
        hasher,
        keys: {
          find: async (hash) => {
            if (isDatabaseAway) throw new Error('timeout exceeded when trying to connect');
            return teams.get(hash) ?? null;
          },
        },
      },
      recordRefusal: async (entry) => void refusals.push(entry),
    });
    const module = { module: class {}, imports: [auth, ThingsModule] };
    app = await startTestApp({ module, clock, surface: 'admin' });
    const { token } = await mintOperatorToken(tokenKeys, { userId: 'u', email: 'u@x.com', role: 'user' }, clock.now());
    userToken = { authorization: `Bearer ${token}` };
  });
  afterAll(() => app.close());
  beforeEach(() => {
    clock.advance(refusalWindowMs);
    refusals = [];
    isDatabaseAway = false;
    addTeam('red');
    addTeam('blue');
  });

  function addTeam(name: string, facts: Partial<TeamOfKey> = {}): void {
    teams.set(hasher.hash(`sk-${name}`), {
      keyId: `key-of-${name}`,
      isKeyActive: true,
      allowedIps: null,
      teamId: name,
      organizationId: 'acme',
      governanceTeamId: `uuid-of-${name}`,
      teamStatus: 'active',
      organizationStatus: 'active',
      ...facts,
    });
  }

  async function ask(method: string, path: string, headers: Record<string, string>, body?: object) {
    const response = await fetch(app.url + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('say which team calls, with which key', async () => {
    expect(await ask('POST', '/jobs/create', keyOfRed, { team_id: 'red' })).toEqual({
      status: 201,
      body: {
        kind: 'team',
        id: 'red',
        teamId: 'red',
        organizationId: 'acme',
        governanceTeamId: 'uuid-of-red',
        keyId: 'key-of-red',
      },
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['nothing', {}, 'authentication_required'],
    ['the master key', masterKey, 'authentication_required'],
    ['a wrong master key', { 'x-admin-key': 'wrong' }, 'authentication_required'],
    ['an unknown key', { authorization: 'Bearer sk-green' }, 'authentication_invalid'],
    ['a key that is no virtual key', { authorization: 'Bearer red' }, 'authentication_invalid'],
    ['a key without a scheme', { authorization: 'sk-red' }, 'authentication_invalid'],
    ['another scheme', { authorization: 'Basic sk-red' }, 'authentication_invalid'],
    ['three parts', { authorization: 'Bearer sk-red x' }, 'authentication_invalid'],
    ['an empty header', { authorization: '' }, 'authentication_invalid'],
    ['a good key beside a wrong master key', { ...keyOfRed, 'x-admin-key': 'wrong' }, 'authentication_invalid'],
  ])('are 401 on a route for teams with %s', async (_what, headers, code) => {
    expect(await ask('POST', '/jobs/create', headers, {})).toMatchObject({ status: 401, body: { code } });
  });

  it('take the scheme in any case, and a good master key beside them', async () => {
    expect((await ask('POST', '/jobs/create', { authorization: 'bEARER sk-red' }, {})).status).toBe(201);
    const both = await ask('GET', '/teams/red/balance', { ...keyOfRed, ...masterKey });
    expect(both).toMatchObject({ status: 200, body: { kind: 'team', id: 'red' } });
  });

  it('do not open routes for operators, nor tokens those for teams', async () => {
    expect((await ask('GET', '/teams/red', keyOfRed)).status).toBe(401);
    expect((await ask('POST', '/jobs/create', userToken, {})).status).toBe(401);
  });

  it('are as good as those of operators where both may call, which are held to their roles', async () => {
    for (const headers of [keyOfRed, userToken, masterKey]) {
      expect((await ask('GET', '/teams/red/balance', headers)).status).toBe(200);
      expect((await ask('POST', '/teams/red/check', headers, {})).status).toBe(201);
    }
    expect((await ask('POST', '/teams/red/add', userToken, {})).status).toBe(403);
    expect((await ask('GET', '/teams/red/balance', {})).status).toBe(401);
  });

  it.each<[string, string, object | undefined]>([
    ['the path', 'GET /teams/blue/balance', undefined],
    ['a path parameter of another name', 'GET /teams/blue/usage', undefined],
    ['the query', 'GET /teams/red/balance?team_id=blue', undefined],
    ['one of two in the query', 'GET /teams/red/balance?team_id=red&team_id=blue', undefined],
    ['the body', 'POST /jobs/create', { team_id: 'blue' }],
    ['something that the handler looks up', 'GET /jobs/7-of-blue', undefined],
  ])('are 403 for another team in %s', async (_what, route, body) => {
    const [method = '', path = ''] = route.split(' ');

    expect(await ask(method, path, keyOfRed, body)).toMatchObject({ status: 403, body: { code: 'team_mismatch' } });
  });

  it.each<[Partial<TeamOfKey>, string, string]>([
    [{ teamStatus: 'suspended', isKeyActive: false }, 'team_suspended', 'team access is suspended'],
    [{ teamStatus: 'paused', organizationStatus: 'suspended' }, 'team_suspended', 'team access is paused'],
    [{ organizationStatus: 'suspended' }, 'organization_suspended', 'team access is suspended'],
    [{ allowedIps: ['203.0.113.0/24'] }, 'ip_not_allowed', 'may not be used from 127.0.0.1'],
  ])('are 403 with %j', async (facts, code, sentence) => {
    addTeam('red', facts);

    const answer = await ask('POST', '/jobs/create', keyOfRed, {});
    expect(answer).toMatchObject({ status: 403, body: { code, detail: expect.stringContaining(sentence) } });
  });

  it('are 401 with a key that was deactivated', async () => {
    addTeam('red', { isKeyActive: false });

    const answer = await ask('POST', '/jobs/create', keyOfRed, {});
    expect(answer).toMatchObject({ status: 401, body: { code: 'authentication_invalid' } });
  });

  it('are 503, not 401, when they cannot be looked up', async () => {
    isDatabaseAway = true;

    expect((await ask('POST', '/jobs/create', keyOfRed, {})).status).toBe(503);
    expect((await ask('POST', '/jobs/create', { authorization: 'Bearer x' }, {})).status).toBe(401);
  });

  it('are audited where they are refused, and written nowhere', async () => {
    await ask('POST', '/jobs/create', { authorization: 'Bearer sk-green' }, {});
    await ask('POST', '/jobs/create', keyOfRed, { team_id: 'blue' });

    expect(
      refusals.map(({ actorType, actorId, action, after }) => [actorType, actorId, action, after['code']]),
    ).toEqual([
      ['anonymous', 'anonymous', 'team.refused', 'authentication_invalid'],
      ['team', 'red', 'team.refused', 'team_mismatch'],
    ]);
    expect(JSON.stringify(refusals) + app.text()).not.toMatch(/sk-(?:green|red)/);
  });
});
