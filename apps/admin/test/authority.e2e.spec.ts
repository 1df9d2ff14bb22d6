import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OperatorRole, operatorRoles } from '@penstock/platform';

import { type AdminApp, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { createUser, type Credential, loginDirectly } from './support/operators.js';
import { type RouteRule, routeRules } from './support/route-rules.js';
import { insertTeam, type TestTeam } from './support/teams.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

/**
 * Open to everybody, on purpose: a route that is public, or that no controller has, fails here unless it is listed.
 * Any other route is closed, and has the rule of its decorators: nothing needs to be written here for it.
 */
const OPEN = [
  'GET /health',
  'GET /health/live',
  'GET /metrics',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/start.js',
  'GET /docs/swagger-ui-bundle.js',
  'GET /docs/swagger-ui.css',
  'GET /docs',
  'GET /api/admin-users/setup/status',
  'POST /api/admin-users/setup',
  'POST /api/admin-users/login',
];

/** What a caller shows, and what it stands for in the matrix. */
interface Shown {
  readonly name: string;
  readonly headers: (rule: RouteRule) => Credential | Promise<Credential>;
  /** 401 and 403 are refusals; anything else let the caller in. */
  readonly expected: (rule: RouteRule) => 401 | 403 | 'in';
}

const isForTeams = ({ access }: RouteRule): boolean => access === 'team' || access === 'team or operator';
const isForOperators = ({ access }: RouteRule): boolean => access !== 'team';

describe('the authority over every route', () => {
  let admin: AdminApp;
  let rules: RouteRule[] = [];
  let own: TestTeam;
  let other: TestTeam;
  let suspended: TestTeam;
  const tokens = new Map<OperatorRole, Credential>();

  beforeAll(async () => {
    admin = await startAdmin();
    rules = routeRules(admin).filter(({ access }) => access !== 'anybody');
    own = await insertTeam(admin, 'own');
    other = await insertTeam(admin, 'other');
    suspended = await insertTeam(admin, 'suspended');
    await admin.db.query(`UPDATE saas.teams SET status = 'suspended' WHERE team_id = 'suspended'`);
    for (const role of operatorRoles) tokens.set(role, await token(role));
  });
  afterAll(() => admin.stop());

  async function token(role: OperatorRole): Promise<Credential> {
    return loginDirectly(admin, await createUser(admin, role));
  }

  /** A login that only this route may end. */
  function tokenFor({ needsLogin, method }: RouteRule, role: OperatorRole): Credential | Promise<Credential> {
    return needsLogin && method !== 'GET' && method !== 'HEAD' ? token(role) : (tokens.get(role) ?? {});
  }

  const refusedAll = (name: string, headers: Shown['headers']): Shown => ({ name, headers, expected: () => 401 });

  const byRole = (role: OperatorRole): Shown => ({
    name: `role ${role}`,
    headers: (rule) => tokenFor(rule, role),
    expected: (rule) => {
      if (!isForOperators(rule)) return 401;
      return rule.roles.includes(role) ? 'in' : 403;
    },
  });

  const matrix: Shown[] = [
    refusedAll('no credential', () => ({})),
    refusedAll('a junk bearer', () => ({ authorization: 'Bearer junk' })),
    refusedAll('another scheme', () => ({ authorization: 'Basic YTpi' })),
    refusedAll('a junk virtual key', () => ({ authorization: 'Bearer sk-junk' })),
    refusedAll('a junk admin key', () => ({ 'x-admin-key': 'junk' })),
    refusedAll('an empty admin key', () => ({ 'x-admin-key': '' })),
    refusedAll('the admin key beside a junk bearer', () => ({
      'x-admin-key': MASTER_KEY,
      authorization: 'Bearer junk',
    })),
    refusedAll('a token beside a junk admin key', () => ({ ...tokens.get('owner'), 'x-admin-key': 'junk' })),
    refusedAll('the key of a team beside a junk admin key', () => ({ ...own.headers, 'x-admin-key': 'junk' })),
    {
      name: 'the key of the team',
      headers: () => own.headers,
      expected: (rule) => (isForTeams(rule) ? 'in' : 401),
    },
    {
      name: 'the key of another team',
      headers: () => other.headers,
      expected: (rule) => (isForTeams(rule) ? 403 : 401),
    },
    {
      name: 'the key of a suspended team',
      headers: () => suspended.headers,
      expected: (rule) => (isForTeams(rule) ? 403 : 401),
    },
    byRole('user'),
    byRole('admin'),
    byRole('owner'),
    {
      name: 'the master key',
      headers: () => ({ 'x-admin-key': MASTER_KEY }),
      expected: (rule) => {
        if (!isForOperators(rule) || rule.needsLogin) return 401;
        return rule.roles.includes('owner') ? 'in' : 403;
      },
    },
  ];

  /** The route with ids in it: of the team where it is for teams, else of nothing that there is. */
  function pathOf(rule: RouteRule): string {
    const path = rule.url.replaceAll(/:(\w+)/g, (_, name: string) =>
      isForTeams(rule) && name === rule.teamParam ? own.teamId : UNKNOWN_ID,
    );
    return isForTeams(rule) ? `${path}?team_id=${own.teamId}` : path;
  }

  async function ask(rule: RouteRule, headers: Credential): Promise<401 | 403 | 'in'> {
    const body = ['POST', 'PUT', 'PATCH'].includes(rule.method) ? {} : undefined;
    const { status } = await admin.call(rule.method as 'GET', pathOf(rule), body, headers);
    return status === 401 || status === 403 ? status : 'in';
  }

  it('looks at all of them, and knows which are open', () => {
    const closed = new Set(rules.map(({ method, url }) => `${method} ${url}`));
    const open = admin
      .routes()
      .map(({ method, url }) => `${method} ${url}`)
      .filter((route) => !closed.has(route) && !route.startsWith('HEAD '));

    expect(open.filter((route) => !OPEN.includes(route))).toEqual([]);
    expect(rules.length).toBeGreaterThan(20);
  });

  it.each(matrix)('is as declared for $name', async ({ headers, expected }) => {
    const found: Record<string, unknown> = {};
    const declared: Record<string, unknown> = {};
    for (const rule of rules) {
      const route = `${rule.method} ${rule.url}`;
      found[route] = await ask(rule, await headers(rule));
      declared[route] = expected(rule);
    }

    expect(found).toEqual(declared);
  });
});
