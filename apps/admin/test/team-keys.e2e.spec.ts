import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { Ctx, type RequestContext, TeamOnly } from '@penstock/platform';

import { type AdminApp, type Answer, startAdmin } from './support/admin-app.js';
import { insertTeam, type TestTeam } from './support/teams.js';

@Controller('test/who')
class WhoController {
  @TeamOnly()
  @Get()
  who(@Ctx() ctx: RequestContext): RequestContext['actor'] {
    return ctx.actor;
  }
}

let admin: AdminApp;
let created = 0;

beforeAll(async () => {
  admin = await startAdmin({ controllers: [WhoController] });
});
afterAll(() => admin.stop());

function team(): Promise<TestTeam> {
  created += 1;
  return insertTeam(admin, `team-${created}`);
}

function ask({ headers }: Pick<TestTeam, 'headers'>): Promise<Answer> {
  return admin.call('GET', '/test/who', undefined, headers);
}

describe('the virtual key of a team', () => {
  it('names the team, its organization and its twin in governance', async () => {
    const red = await team();

    expect(await ask(red)).toMatchObject({
      status: 200,
      body: {
        kind: 'team',
        id: red.teamId,
        teamId: red.teamId,
        organizationId: red.organizationId,
        governanceTeamId: red.governanceTeamId,
        keyId: red.keyId,
      },
    });
  });

  it.each([
    ['is unknown', `UPDATE governance.virtual_key_secrets SET key_hash = $1 || key_hash WHERE id = $2`],
    ['is of no team', `UPDATE governance.virtual_keys SET team_id = NULL, description = $1 WHERE id = $2`],
    ['is deactivated', `UPDATE governance.virtual_keys SET is_active = false, description = $1 WHERE id = $2`],
    ['has expired', `UPDATE governance.virtual_keys SET expires_at = $1 WHERE id = $2`],
    ['was rotated away', `UPDATE governance.virtual_key_secrets SET expires_at = $1 WHERE id = $2`],
  ])('is answered 401 as soon as it %s', async (_what, sql) => {
    const red = await team();
    expect((await ask(red)).status).toBe(200);
    const now = new Date(admin.clock.now()).toISOString();
    await admin.db.query(sql, [now, sql.includes('secrets') ? red.secretId : red.keyId]);

    expect(await ask(red)).toMatchObject({ status: 401, body: { code: 'authentication_invalid' } });
  });

  it.each([
    ['team', 'paused', `UPDATE saas.teams SET status = 'paused' WHERE team_id = $1`],
    ['team', 'suspended', `UPDATE saas.teams SET status = 'suspended' WHERE team_id = $1`],
    [
      'organization',
      'suspended',
      `UPDATE saas.organizations o SET status = 'suspended' FROM saas.teams t
        WHERE t.organization_id = o.organization_id AND t.team_id = $1`,
    ],
  ])('is answered 403 while its %s is %s', async (what, status, sql) => {
    const red = await team();
    await admin.db.query(sql, [red.teamId]);

    expect(await ask(red)).toMatchObject({
      status: 403,
      body: { code: `${what}_suspended`, detail: expect.stringContaining(`team access is ${status}`) },
    });
  });

  it('is answered 403 from an address that it may not be used from', async () => {
    const red = await team();
    await admin.db.query(`UPDATE governance.virtual_keys SET allowed_ips = '{203.0.113.0/24}' WHERE id = $1`, [
      red.keyId,
    ]);
    const from = (ip: string): Promise<Answer> => ask({ headers: { ...red.headers, 'x-forwarded-for': ip } });

    expect(await from('198.51.100.1')).toMatchObject({ status: 403, body: { code: 'ip_not_allowed' } });
    expect((await from('203.0.113.9')).status).toBe(200);
  });

  it('is answered 503, not 401, while the database is away', async () => {
    const red = await team();
    admin.network.breakDown();
    const away = await ask(red);
    admin.network.heal();

    expect(away).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
  });
});
