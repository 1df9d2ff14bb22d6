import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type AdminApp, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { createUser, type Credential, login } from './support/operators.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

/** Open to everybody, on purpose. */
const OPEN = [
  '/health',
  '/health/live',
  '/metrics',
  '/openapi.json',
  '/api/admin-users/setup/status',
  '/api/admin-users/setup',
  '/api/admin-users/login',
];
/** About the account that is logged in: every role, but not the master key. */
const OWN = ['/api/admin-users/logout', '/api/admin-users/me', '/api/admin-users/me/change-password'];
/** Reads that role user may not make. */
const MANAGERS_ONLY = ['/api/admin-users'];

/** For teams, who show their virtual keys: no operator comes in. */
const OF_TEAMS = ['/api/model-groups/:group_name/resolve'];

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

describe('the authority of operators over every route', () => {
  let admin: AdminApp;
  let routes: { method: Method; url: string }[] = [];
  beforeAll(async () => {
    admin = await startAdmin();
    routes = admin
      .routes()
      .filter(({ url }) => !OPEN.includes(url) && !OF_TEAMS.includes(url))
      .map(({ method, url }) => ({ method: method as Method, url }));
  });
  afterAll(() => admin.stop());

  async function statuses(
    of: { method: Method; url: string }[],
    headers: () => Credential | Promise<Credential>,
  ): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const { method, url } of of) {
      const body = method === 'POST' || method === 'PUT' ? {} : undefined;
      const answer = await admin.call(method, url.replace(/:\w+/, UNKNOWN_ID), body, await headers());
      found[`${method} ${url}`] = answer.status;
    }
    return found;
  }

  const all = (of: { method: Method; url: string }[], status: number): Record<string, number> =>
    Object.fromEntries(of.map(({ method, url }) => [`${method} ${url}`, status]));
  const isRead = (method: Method): boolean => method === 'GET' || method === 'HEAD';

  it('looks at all of them', () => {
    expect(routes.length).toBeGreaterThan(10);
  });

  it.each<[string, Credential]>([
    ['no credential', {}],
    ['a wrong key', { 'x-admin-key': 'wrong' }],
    ['a token that is none', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['the master key beside a wrong token', { 'x-admin-key': MASTER_KEY, authorization: 'Bearer wrong' }],
  ])('answers 401 to %s', async (_what, headers) => {
    expect(await statuses(routes, () => headers)).toEqual(all(routes, 401));
  });

  it('answers role user 403 on everything that writes, and on the accounts', async () => {
    const { email } = await createUser(admin, 'user');
    const closed = routes.filter(
      ({ method, url }) => !OWN.includes(url) && (!isRead(method) || MANAGERS_ONLY.includes(url)),
    );
    const open = routes.filter((route) => !closed.includes(route));

    expect(closed.length).toBeGreaterThan(4);
    expect(await statuses(closed, () => login(admin, email))).toEqual(all(closed, 403));
    const answers = Object.values(await statuses(open, () => login(admin, email)));
    expect(answers.filter((status) => status === 401 || status === 403)).toEqual([]);
  });

  it.each(['admin', 'owner'] as const)('lets role %s everywhere', async (role) => {
    const { email } = await createUser(admin, role);
    const answers = Object.values(await statuses(routes, () => login(admin, email)));

    expect(answers.filter((status) => status === 401 || status === 403)).toEqual([]);
  });

  it('lets the master key everywhere but to an account that it has not', async () => {
    const own = routes.filter(({ url }) => OWN.includes(url));
    const others = routes.filter((route) => !own.includes(route));
    const key = { 'x-admin-key': MASTER_KEY };

    expect(await statuses(own, () => key)).toEqual(all(own, 401));
    const answers = Object.values(await statuses(others, () => key));
    expect(answers.filter((status) => status === 401 || status === 403)).toEqual([]);
  });
});
