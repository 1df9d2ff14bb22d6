import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AdminUserEntity, AuditEntryEntity, findBrokenLink, SYSTEM_TENANT_ID } from '@penstock/entities';
import { SessionCache } from '@penstock/management';
import { mintOperatorToken, operatorTokenLifetimeMs, parseTokenSecrets, refusalWindowMs } from '@penstock/platform';
import { waitFor } from '@penstock/testing';
import { createHmac } from 'node:crypto';

import {
  type Answer,
  type GovernanceApp,
  MASTER_KEY,
  SERVICE_TOKEN,
  startGovernance,
  TOKEN_SECRETS,
} from './support/governance-app.js';
import { loginAs, type TestLogin } from './support/operators.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';
const JSON_TYPE = { 'content-type': 'application/json' };

/** Open to everybody, on purpose. */
const OPEN = [
  '/health',
  '/health/live',
  '/metrics',
  '/openapi.json',
  '/docs',
  '/docs/start.js',
  '/docs/swagger-ui-bundle.js',
  '/docs/swagger-ui.css',
];
/** POSTs that change nothing, marked `@ReadsOnly()`. */
const READ_ONLY_POSTS = ['/api/governance/explain'];

interface Route {
  readonly method: string;
  readonly url: string;
  /** The address with ids in the place of parameters, which name nothing. */
  readonly path: string;
}

describe('the authority of operators over every route', () => {
  let app: GovernanceApp;
  let user: TestLogin;
  let management: Route[] = [];
  let internal: Route[] = [];

  beforeAll(async () => {
    app = await startGovernance();
    user = await loginAs(app, 'user');
    const routes = app.routes().map((route) => ({ ...route, path: route.url.replaceAll(/:\w+/g, UNKNOWN_ID) }));
    management = routes.filter(({ url }) => !OPEN.includes(url) && !url.startsWith('/internal/'));
    internal = routes.filter(({ url }) => url.startsWith('/internal/'));
  });
  afterAll(() => app.stop());

  /** Status and code of every route for these headers, by route. */
  async function answers(routes: Route[], headers: Record<string, string>): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for (const { method, url, path } of routes) {
      const { status, body } = await app.raw(method, path, { ...JSON_TYPE, ...headers });
      found[`${method} ${url}`] = method === 'HEAD' ? [status] : [status, body?.code];
    }
    return found;
  }

  function expected(routes: Route[], status: number, code: string): Record<string, unknown> {
    return Object.fromEntries(
      routes.map(({ method, url }) => [`${method} ${url}`, method === 'HEAD' ? [status] : [status, code]]),
    );
  }

  const isRead = ({ method, url }: Route): boolean =>
    method === 'GET' || method === 'HEAD' || READ_ONLY_POSTS.includes(url);

  it('looks at all of them', () => {
    expect(management.length).toBeGreaterThan(40);
    expect(internal.length).toBeGreaterThan(0);
    expect(management.every(({ url }) => url.startsWith('/api/governance/'))).toBe(true);
  });

  it('answers 401 without a credential', async () => {
    expect(await answers(management, {})).toEqual(expected(management, 401, 'authentication_required'));
  });

  it.each<[string, Record<string, string>]>([
    ['a wrong key', { 'x-admin-key': 'wrong' }],
    ['an empty key', { 'x-admin-key': '' }],
    ['a token that is none', { authorization: 'Bearer wrong' }],
    ['the master key as a token', { authorization: `Bearer ${MASTER_KEY}` }],
    ['the token of a gateway', { authorization: `Bearer ${SERVICE_TOKEN}` }],
    ['the master key beside a wrong token', { 'x-admin-key': MASTER_KEY, authorization: 'Bearer wrong' }],
  ])('answers 401 to %s', async (_what, headers) => {
    expect(await answers(management, headers)).toEqual(expected(management, 401, 'authentication_invalid'));
  });

  it('answers 401 to a good token beside a wrong key', async () => {
    expect(await answers(management, { ...user.headers, 'x-admin-key': 'wrong' })).toEqual(
      expected(management, 401, 'authentication_invalid'),
    );
  });

  it('answers 403 to role user on everything that writes', async () => {
    const writes = management.filter((route) => !isRead(route));

    expect(writes.length).toBeGreaterThan(15);
    expect(await answers(writes, user.headers)).toEqual(expected(writes, 403, 'role_insufficient'));
  });

  it('lets role user read everything', async () => {
    const reads = management.filter((route) => isRead(route));
    const statuses = Object.values(await answers(reads, user.headers)).map((answer) => (answer as number[])[0]);

    expect(reads.length).toBeGreaterThan(15);
    expect(statuses.filter((status) => status === 401 || status === 403)).toEqual([]);
  });

  it.each(['admin', 'owner'] as const)('lets role %s read and write everything', async (role) => {
    const { headers } = await loginAs(app, role);
    const statuses = Object.values(await answers(management, headers)).map((answer) => (answer as number[])[0]);

    expect(statuses.filter((status) => status === 401 || status === 403)).toEqual([]);
  });

  it('keeps what is for gateways closed to every operator', async () => {
    const { headers } = await loginAs(app, 'owner');

    expect(await answers(internal, headers)).toEqual(expected(internal, 401, 'authentication_invalid'));
    expect(await answers(internal, { 'x-admin-key': MASTER_KEY })).toEqual(
      expected(internal, 401, 'authentication_required'),
    );
  });
});

describe('an operator token', () => {
  let app: GovernanceApp;
  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());
  beforeEach(() => app.clock.advance(refusalWindowMs));

  const list = ({ headers }: Pick<TestLogin, 'headers'>): Promise<Answer> =>
    app.raw('GET', '/api/governance/customers', headers);

  /** What the admin app does before it answers a revocation. */
  const forget = ({ userId }: TestLogin): Promise<void> => app.service(SessionCache).forget([userId]);

  it('names its account in the audit trail of what it changes', async () => {
    const login = await loginAs(app, 'admin');
    const created = await app.raw('POST', '/api/governance/customers', login.headers, { name: 'Acme' });
    const entry = await app.db
      .getRepository(AuditEntryEntity)
      .findOneByOrFail({ entityId: created.body.customer.id, action: 'customer.created' });

    expect(created.status).toBe(201);
    expect(entry).toMatchObject({ actorType: 'operator', actorId: login.userId });
  });

  it('is refused at once when its session is revoked', async () => {
    const login = await loginAs(app, 'owner');
    expect((await list(login)).status).toBe(200);
    await app.db.query('UPDATE saas.admin_sessions SET revoked_at = now() WHERE session_id = $1', [login.sessionId]);
    await forget(login);

    expect((await list(login)).status).toBe(401);
  });

  it('is refused at once when its account is deactivated', async () => {
    const login = await loginAs(app, 'owner');
    expect((await list(login)).status).toBe(200);
    await app.db.getRepository(AdminUserEntity).update({ userId: login.userId }, { isActive: false });
    await forget(login);

    expect((await list(login)).status).toBe(401);
  });

  it('loses the right to write at once when its account does', async () => {
    const login = await loginAs(app, 'owner');
    expect((await list(login)).status).toBe(200);
    await app.db.getRepository(AdminUserEntity).update({ userId: login.userId }, { role: 'user' });
    await forget(login);

    expect((await app.raw('POST', '/api/governance/customers', login.headers, { name: 'x' })).status).toBe(403);
    expect((await list(login)).status).toBe(200);
  });

  it('is refused when its 24 hours are over, and when its session was shortened', async () => {
    const [login, shortened] = [await loginAs(app, 'owner'), await loginAs(app, 'owner')];
    await app.db.query('UPDATE saas.admin_sessions SET expires_at = $2 WHERE session_id = $1', [
      shortened.sessionId,
      new Date(app.clock.now()),
    ]);
    expect((await list(shortened)).status).toBe(401);

    app.clock.advance(operatorTokenLifetimeMs - 1);
    expect((await list(login)).status).toBe(200);
    app.clock.advance(1);
    expect((await list(login)).status).toBe(401);
  });

  it('is refused without a session, although its signature is right', async () => {
    const keys = parseTokenSecrets(TOKEN_SECRETS);
    const claims = { userId: UNKNOWN_ID, email: 'a@example.com', role: 'owner' } as const;
    const { token } = await mintOperatorToken(keys, claims, app.clock.now());

    expect((await list({ headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
  });

  it.each([
    ['alg none', { alg: 'none', typ: 'JWT', kid: '1' }, false],
    ['RS256 over the signature of HS256', { alg: 'RS256', typ: 'JWT', kid: '1' }, true],
    ['HS512', { alg: 'HS512', typ: 'JWT', kid: '1' }, true],
  ] as const)('is refused when its header is changed to %s', async (_what, header, isSigned) => {
    const login = await loginAs(app, 'owner');
    const [, payload = ''] = String(login.headers['authorization']).split('.');
    const text = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}`;
    const signature = isSigned
      ? createHmac('sha256', parseTokenSecrets(TOKEN_SECRETS).keys.get(1) ?? '')
          .update(text)
          .digest('base64url')
      : '';

    expect((await list({ headers: { authorization: `Bearer ${text}.${signature}` } })).status).toBe(401);
    expect((await list(login)).status).toBe(200);
  });

  it('leaves an intact chain of what was refused: credential, address and route, but no flood', async () => {
    const login = await loginAs(app, 'user');
    // What other tests were refused in this window is not counted against this one.
    app.clock.advance(refusalWindowMs);
    // Those of other tests may still be on their way: entries are written beside the answers.
    const refused = async () => {
      const entries = await app.db.getRepository(AuditEntryEntity).find({
        where: { tenantId: SYSTEM_TENANT_ID, action: 'operator.refused' },
        order: { position: 'ASC' },
      });
      return entries.filter(({ entityId }) => entityId.includes('/webhooks'));
    };
    for (let index = 0; index < 50; index += 1) {
      await app.raw('GET', '/api/governance/webhooks', { 'x-admin-key': `secret-guess-${index}` });
    }
    await app.raw('DELETE', `/api/governance/webhooks/${UNKNOWN_ID}`, login.headers);
    await waitFor(async () => (await refused()).length >= 6, { what: 'the refusals to be written' });
    const entries = await refused();

    expect(
      entries.map(({ actorId, entityId, after }) => `${actorId}: ${entityId}: ${String(after?.['code'])}`),
    ).toEqual([
      ...Array<string>(5).fill('anonymous: GET /api/governance/webhooks: authentication_invalid'),
      `${login.userId}: DELETE /api/governance/webhooks/:id: role_insufficient`,
    ]);
    expect(JSON.stringify(entries)).not.toContain('secret-guess');

    app.clock.advance(refusalWindowMs);
    await app.raw('GET', '/api/governance/webhooks', { 'x-admin-key': 'again' });
    await waitFor(async () => (await refused()).length === 7, { what: 'the next refusal to be written' });
    const all = await app.db
      .getRepository(AuditEntryEntity)
      .find({ where: { tenantId: SYSTEM_TENANT_ID }, order: { position: 'ASC' } });
    expect(all.at(-1)?.after).toEqual({ code: 'authentication_invalid', suppressed_before: 45 });
    expect(findBrokenLink(all)).toBe(-1);
  });
});
