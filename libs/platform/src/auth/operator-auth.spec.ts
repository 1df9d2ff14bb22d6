import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { waitFor } from '@penstock/testing';

import { startTestApp, type TestApp } from '../../test/support/start-test-app.js';
import { Ctx, type RequestContext } from '../context/request-context.js';
import type { OperatorAuthOptions } from './operator-auth-options.js';
import { OperatorAuthModule } from './operator-auth.module.js';
import { mintOperatorToken, parseTokenSecrets } from './operator-token.js';
import { Public } from './public.decorator.js';
import type { RefusalEntry } from './refusal-entry.js';
import { ServiceRoute } from './service-token.guard.js';

@Controller('things')
class ThingsController {
  @Get()
  read(@Ctx() ctx: RequestContext): RequestContext['actor'] {
    return ctx.actor;
  }

  @Post()
  write(): { written: true } {
    return { written: true };
  }

  @Public()
  @Get('open')
  open(@Ctx() ctx: RequestContext): RequestContext['actor'] {
    return ctx.actor;
  }
}

@ServiceRoute()
@Controller('internal')
class InternalController {
  @Get('policies')
  read(@Ctx() ctx: RequestContext): RequestContext['actor'] {
    return ctx.actor;
  }
}

@Module({ controllers: [ThingsController, InternalController] })
class ThingsModule {}

function moduleWith(options: OperatorAuthOptions) {
  return { module: class {}, imports: [OperatorAuthModule.forRoot(options), ThingsModule] };
}

describe('operator authentication', () => {
  let app: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    app = await startTestApp({
      module: moduleWith({
        masterKey: 'the-master-key',
        serviceToken: 'the-service-token',
      }),
    });
    other = await startTestApp({ module: moduleWith({ masterKey: 'another-key', serviceToken: 't' }) });
  });

  afterAll(async () => {
    await app.close();
    await other.close();
  });

  async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const response = await fetch(`${app.url}${path}`, { method, headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, response };
  }

  it.each([
    ['GET', '/things'],
    ['POST', '/things'],
    ['GET', '/internal/policies'],
  ])('keeps %s %s closed to a request without a credential', async (method, path) => {
    const { status, body, response } = await ask(path, {}, method);

    expect([status, body['code']]).toEqual([401, 'authentication_required']);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
  });

  it('names both headers to a caller without a credential', async () => {
    const { body } = await ask('/things');

    expect(body['error']).toContain('X-Admin-Key');
    expect(body['error']).toContain('Authorization: Bearer');
  });

  it.each(['', 'wrong', 'the-master-ke', 'the-master-key2', 'another-key', 'THE-MASTER-KEY'])(
    'refuses the admin key %p',
    async (key) => {
      const { status, body } = await ask('/things', { 'x-admin-key': key });

      expect([status, body['code']]).toEqual([401, 'authentication_invalid']);
    },
  );

  it('lets the master key in and names the operator', async () => {
    const { status, body } = await ask('/things', { 'x-admin-key': 'the-master-key' });

    expect([status, body]).toEqual([200, { kind: 'operator', id: 'master-key', role: 'owner', sessionId: null }]);
  });

  it('keeps apart two apps with different keys in one process, under concurrency', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const [target, key] = index % 2 === 0 ? [app, 'the-master-key'] : [other, 'the-master-key'];
        return (await fetch(`${target.url}/things`, { headers: { 'x-admin-key': key } })).status;
      }),
    );

    expect(answers).toEqual(answers.map((_, index) => (index % 2 === 0 ? 200 : 401)));
  });

  it('opens a public route to everyone, whatever they send', async () => {
    expect((await ask('/things/open')).body).toEqual({ kind: 'anonymous', id: 'anonymous' });
    expect((await ask('/things/open', { 'x-admin-key': 'wrong' })).status).toBe(200);
  });

  it.each([
    ['Bearer the-service-token', 200],
    ['bearer the-service-token', 200],
    ['Bearer the-service-toke', 401],
    ['Bearer the-service-token x', 401],
    ['Basic the-service-token', 401],
    ['the-service-token', 401],
  ])('answers Authorization %p on a service route with %i', async (authorization, status) => {
    expect((await ask('/internal/policies', { authorization })).status).toBe(status);
  });

  it('records refusals on a service route as it does on others', async () => {
    const refusals: RefusalEntry[] = [];
    const recordRefusal = async (entry: RefusalEntry): Promise<void> => void refusals.push(entry);
    const quiet = await startTestApp({ module: moduleWith({ masterKey: 'm', serviceToken: 't', recordRefusal }) });
    try {
      await fetch(`${quiet.url}/internal/policies`);
      await fetch(`${quiet.url}/internal/policies`, { headers: { authorization: 'Bearer guessed-token' } });
      await waitFor(async () => refusals.length === 2, { what: 'the refusals to be recorded' });
    } finally {
      await quiet.close();
    }
    const [action, entityId] = ['operator.refused', 'GET /internal/policies'];
    expect(refusals).toMatchObject([
      { action, entityId, after: { code: 'authentication_required' } },
      { action, entityId, after: { code: 'authentication_invalid' } },
    ]);
    expect(JSON.stringify(refusals)).not.toContain('guessed-token');
  });

  it('does not let an operator into a service route nor a service into a management route', async () => {
    expect((await ask('/internal/policies', { 'x-admin-key': 'the-master-key' })).status).toBe(401);
    expect((await ask('/things', { authorization: 'Bearer the-service-token' })).status).toBe(401);
  });

  it('refuses every token where there are no accounts', async () => {
    const { token } = await mintOperatorToken(
      parseTokenSecrets(`1:${Buffer.alloc(32, 7).toString('base64')}`),
      { userId: 'u', email: 'u@example.com', role: 'owner' },
      Date.now(),
    );

    expect((await ask('/things', { authorization: `Bearer ${token}` })).status).toBe(401);
  });

  it('writes no credential to the log', async () => {
    await ask('/things', { 'x-admin-key': 'the-master-key' });
    await ask('/internal/policies', { authorization: 'Bearer the-service-token' });

    expect(app.text()).toContain('"route":"/internal/policies"');
    expect(app.text()).not.toContain('the-master-key');
    expect(app.text()).not.toContain('the-service-token');
  });

  it('does not start with an empty master key', async () => {
    await expect(startTestApp({ module: moduleWith({ masterKey: '', serviceToken: 't' }) })).rejects.toThrow(
      'must not be empty',
    );
  });
});
