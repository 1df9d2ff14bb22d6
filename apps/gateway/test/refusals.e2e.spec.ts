import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, type VirtualKey, waitFor } from '@penstock/testing';

import { type Answer, BODY_BYTES_MAX, errorOf, NO_TRACE, PROMPT, Surface } from './support/surface.js';

const ROUTE = '/v1/chat/completions';

let surface: Surface;
/** Limited everywhere, so that whatever is reserved or counted shows. */
let key: VirtualKey;

beforeAll(async () => {
  surface = await Surface.start();
  key = await surface.createKey({
    budget: { max_limit: 100_000, reset_duration: '1d' },
    rate_limit: {
      token_max_limit: 100_000_000,
      token_reset_duration: '1d',
      request_max_limit: 100_000,
      request_reset_duration: '1d',
    },
  });
});

afterAll(() => surface?.stop());

/** Sends the call in both dialects; each refusal must be this one and leave nothing behind. */
async function refusedInBoth(
  who: VirtualKey,
  body: Record<string, unknown>,
  { status, code }: { readonly status: number; readonly code: string },
): Promise<{
  readonly openai: Record<string, unknown>;
  readonly bifrost: Record<string, unknown>;
  readonly answer: Answer;
}> {
  const before = await surface.traceOf(who.id);
  const served = (await surface.simulator.entries()).length;
  const answer = await surface.chat({ key: who.value, credential: 'authorization', body });
  const openai = errorOf(answer, 'openai');
  const flat = await surface.chat({ key: who.value, credential: 'x-bf-vk', body });
  const bifrost = errorOf(flat, 'bifrost');
  for (const one of [answer, flat]) {
    expect(one.status).toBe(status);
    expect(one.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(one.headers.get('x-request-id')).toMatch(/^surface-/);
  }
  for (const one of [openai, bifrost])
    expect(one).toMatchObject({ code, remedy: expect.any(String), request_id: expect.any(String) });
  expect(await surface.traceOf(who.id)).toEqual(before);
  expect((await surface.simulator.entries()).length).toBe(served);
  return { openai, bifrost, answer };
}

describe('400', () => {
  it.each<[what: string, body: string | Buffer]>([
    ['nothing', ''],
    ['half an object', '{"model":"gpt-4o","messages":[{"role":"user","content":"hi"'],
    ['an array', '[]'],
    ['text', 'Say hello.'],
    ['a form', 'model=gpt-4o&messages=hi'],
    ['gzip', gzipSync('{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}')],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('for %s instead of a JSON object', async (_what, body) => {
    const answer = await surface.fetch('POST', ROUTE, {
      headers: { authorization: `Bearer ${key.value}`, 'content-type': 'application/json' },
      body,
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer, 'openai')).toMatchObject({ code: 'request_malformed_json', type: 'invalid_request_error' });
  });

  it.each<[path: string, fields: Record<string, unknown>]>([
    ['model', { model: undefined }],
    ['model', { model: 4 }],
    ['messages', { messages: undefined }],
    ['messages', { messages: 'hi' }],
    ['messages', { messages: [] }],
    ['stream', { stream: 'yes' }],
    ['max_tokens', { max_tokens: -1 }],
    ['n', { n: 1_000 }],
  ])('for a bad %s: %j', async (path, fields) => {
    const { openai, bifrost } = await refusedInBoth(key, fields, { status: 400, code: 'request_invalid' });
    expect(openai).toMatchObject({ param: path, message: expect.stringContaining(`'${path}'`) });
    expect(bifrost).toMatchObject({ fields: [{ path, reason: expect.any(String) }] });
  });

  it('for a member that stands twice, so that the caller and the provider cannot mean different calls', async () => {
    const answer = await surface.fetch('POST', ROUTE, {
      headers: { 'x-bf-vk': key.value },
      body: `{"model":"gpt-4o","max_tokens":16000,"messages":[{"role":"user","content":"hi"}],"max\\u005ftokens":1}`,
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer, 'bifrost')).toMatchObject({ code: 'request_invalid', fields: [{ path: 'max_tokens' }] });
  });

  it.each<[code: string, headers: Record<string, string>, dialect: 'openai' | 'bifrost']>([
    ['virtual_key_required', {}, 'openai'],
    ['virtual_key_required', { accept: '*/*', cookie: 'a=b' }, 'openai'],
    ['virtual_key_empty', { 'x-bf-vk': '' }, 'bifrost'],
    ['virtual_key_empty', { authorization: 'Bearer ' }, 'openai'],
    ['virtual_key_empty', { authorization: 'Basic eDp5' }, 'openai'],
    ['virtual_key_empty', { 'x-api-key': '' }, 'openai'],
  ])('%s for %j', async (code, headers, dialect) => {
    const answer = await surface.chat({ headers });
    expect(answer.status).toBe(400);
    expect(errorOf(answer, dialect)).toMatchObject({ code });
  });

  it('for a provider that is not configured', async () => {
    const { openai } = await refusedInBoth(
      key,
      { model: 'anthropic/claude-3-5-sonnet-20240620' },
      {
        status: 400,
        code: 'provider_not_configured',
      },
    );
    expect(openai['message']).toContain("'anthropic'");
  });

  it('for a key of openai only that asks for a model of another provider, in the words of access', async () => {
    const own = await surface.createKey({ allowed_providers: ['openai'] });
    await refusedInBoth(own, { model: 'claude-3-5-sonnet-20240620' }, { status: 403, code: 'provider_blocked' });
  });
});

describe('401 and 403', () => {
  it.each(['authorization', 'x-api-key', 'x-goog-api-key'] as const)(
    'an unknown key in %s is 401',
    async (credential) => {
      const answer = await surface.chat({ key: 'sk-bf-nobody', credential });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(errorOf(answer, 'openai')).toMatchObject({ code: 'virtual_key_not_found', type: 'authentication_error' });
    },
  );

  it.each(['sk-bf-nobody', 'x'.repeat(600), 'sk-bf-nobody, sk-bf-nobody'])(
    'an unknown key in x-bf-vk is 403',
    async (value) => {
      const answer = await surface.chat({ key: value });
      expect(answer.status).toBe(403);
      expect(errorOf(answer, 'bifrost')).toMatchObject({ type: 'virtual_key_not_found' });
    },
  );

  it('an inactive key is 401 or 403 by dialect', async () => {
    const own = await surface.createKey({ is_active: false });
    const bearer = await surface.chat({ key: own.value, credential: 'authorization' });
    expect(bearer.status).toBe(401);
    expect(errorOf(bearer, 'openai')).toMatchObject({ code: 'virtual_key_blocked' });
    const header = await surface.chat({ key: own.value });
    expect(header.status).toBe(403);
    expect(errorOf(header, 'bifrost')).toMatchObject({ type: 'virtual_key_blocked' });
    expect(await surface.traceOf(own.id)).toEqual(NO_TRACE);
  });

  it('a key deleted a moment ago is unknown', async () => {
    const own = await surface.createKey();
    expect((await surface.chat({ key: own.value })).status).toBe(200);
    await surface.governance.deleteVirtualKey(own.id);
    const answer = await surface.chat({ key: own.value });
    expect(answer.status).toBe(403);
    expect(errorOf(answer, 'bifrost')).toMatchObject({ type: 'virtual_key_not_found' });
  });

  it('a model or provider that the key may not use', async () => {
    const models = await surface.createKey({ allowed_models: ['gpt-4o'], name: 'only-4o' });
    const { bifrost } = await refusedInBoth(
      models,
      { model: 'openai/gpt-4o-mini' },
      { status: 403, code: 'model_blocked' },
    );
    expect(bifrost).toMatchObject({ type: 'model_blocked', error: expect.stringContaining('only-4o') });
    const providers = await surface.createKey({ allowed_providers: ['groq'] });
    await refusedInBoth(providers, { model: 'gpt-4o' }, { status: 403, code: 'provider_blocked' });
  });

  it('a model without a price, where money is limited', async () => {
    await refusedInBoth(key, { model: 'openai/a-model-of-next-year' }, { status: 403, code: 'model_unpriced' });
    const { openai } = await refusedInBoth(key, { service_tier: 'priority' }, { status: 403, code: 'model_unpriced' });
    expect(openai['param']).toBe('service_tier');
    const free = await surface.createKey();
    expect((await surface.chat({ key: free.value, body: { model: 'openai/a-model-of-next-year' } })).status).toBe(200);
  });
});

describe('402 and 429', () => {
  const limitsOf = (error: Record<string, unknown>) => error['limits'] as Record<string, unknown>[];

  it('a budget without room: what decided, how much, until when and what helps', async () => {
    const own = await surface.createKey({ budget: { max_limit: 0.3, reset_duration: '1h' } });
    const { openai, bifrost, answer } = await refusedInBoth(
      own,
      { model: 'gpt-4o', max_tokens: 4_000 },
      {
        status: 402,
        code: 'budget_exceeded',
      },
    );
    expect(openai).toMatchObject({
      type: 'insufficient_quota',
      message: expect.stringContaining('budget'),
      decided_by: {
        entity: 'virtual_key',
        entity_id: own.id,
        unit: 'nano_usd',
        cap: '3000000',
        used: '0',
        held: '0',
        remaining: '3000000',
        needed: expect.stringMatching(/^\d+$/),
        window_ends_at: expect.stringMatching(/Z$/),
        decides: true,
      },
      max_tokens_that_fits: expect.any(Number),
    });
    expect(bifrost).toMatchObject({ type: 'budget_exceeded', error: expect.stringMatching(/budget/i) });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const fitting = await surface.chat({
      key: own.value,
      body: { model: 'gpt-4o', max_tokens: openai['max_tokens_that_fits'] },
    });
    expect(fitting.status).toBe(200);
  });

  it('a token limit', async () => {
    const own = await surface.createKey({ rate_limit: { token_max_limit: 50, token_reset_duration: '1h' } });
    const { bifrost } = await refusedInBoth(own, { max_tokens: 100 }, { status: 429, code: 'token_limited' });
    expect(bifrost).toMatchObject({ type: 'token_limited', error: expect.stringMatching(/token/i) });
    await refusedInBoth(own, { max_tokens: 100, stream: true }, { status: 429, code: 'token_limited' });
  });

  it('a request limit, and both', async () => {
    const own = await surface.createKey({
      rate_limit: {
        request_max_limit: 1,
        request_reset_duration: '1h',
        token_max_limit: 100_000,
        token_reset_duration: '1h',
      },
    });
    expect((await surface.chat({ key: own.value })).status).toBe(200);
    const { bifrost } = await refusedInBoth(own, {}, { status: 429, code: 'request_limited' });
    expect(bifrost).toMatchObject({ type: 'request_limited', error: expect.stringMatching(/rate/i) });
    await refusedInBoth(own, { max_tokens: 200_000, model: 'openai/o1' }, { status: 429, code: 'rate_limited' });
  });

  it('the limit of the team or the customer decides for its keys, and the key keeps its own room', async () => {
    const customer = await surface.governance.createCustomer({
      name: 'poor customer',
      budget: { max_limit: 0.000001, reset_duration: '1d' },
    });
    const team = await surface.governance.createTeam({ name: 'team', customer_id: customer.id });
    const own = await surface.createKey({ team_id: team.id, budget: { max_limit: 1_000, reset_duration: '1d' } });
    const answer = await surface.chat({ key: own.value });
    expect(answer.status).toBe(402);
    const error = errorOf(answer, 'bifrost');
    expect(error['decided_by']).toMatchObject({ entity: 'customer', entity_name: 'poor customer' });
    expect(limitsOf(error).map(({ entity, decides }) => [entity, decides])).toEqual([
      ['virtual_key', false],
      ['customer', true],
    ]);
    expect(await surface.traceOf(customer.id)).toEqual(NO_TRACE);
  });
});

describe('404, 405 and 415', () => {
  it('a model nobody knows', async () => {
    const { openai } = await refusedInBoth(
      key,
      { model: 'a-name-nobody-knows' },
      { status: 404, code: 'model_not_found' },
    );
    expect(openai).toMatchObject({ type: 'not_found_error', param: 'model' });
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('%s on the route', async (method) => {
    const answer = await surface.fetch(method, ROUTE, { headers: { authorization: `Bearer ${key.value}` } });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toContain('POST');
    expect(errorOf(answer, 'openai')).toMatchObject({ code: 'method_not_allowed' });
    const flat = await surface.fetch(method, ROUTE, { headers: { 'x-bf-vk': key.value } });
    expect(errorOf(flat, 'bifrost')).toMatchObject({ code: 'method_not_allowed', status_code: 405 });
  });

  it('HEAD on the route', async () => {
    const answer = await surface.fetch('HEAD', ROUTE, { headers: { authorization: `Bearer ${key.value}` } });
    expect([answer.status, answer.text]).toEqual([405, '']);
  });

  it.each(['/', '/v1', '/v1/nothing', '/v2/chat/completions', '/v1/chat/completions/x', '/%ff', '/v1/embeddings'])(
    'an address where nothing is: %s',
    async (path) => {
      for (const method of ['GET', 'POST']) {
        const answer = await surface.raw(path, { 'x-bf-vk': key.value }, () => undefined, method);
        expect([400, 404]).toContain(answer.status);
        expect(errorOf(answer, 'bifrost')).toMatchObject({
          code: answer.status === 404 ? 'not_found' : 'request_invalid',
        });
      }
    },
  );

  it('a content type that is none', async () => {
    const answer = await surface.raw(ROUTE, { 'x-bf-vk': key.value, 'content-type': 'garbage' }, (write) =>
      write('{}'),
    );
    expect(answer.status).toBe(415);
    expect(errorOf(answer, 'bifrost')).toMatchObject({ error: expect.stringContaining('application/json') });
  });
});

describe('413', () => {
  const tooMuch = (bytes: number): string =>
    JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: `${PROMPT}${'x'.repeat(bytes)}` }] });

  it.each([BODY_BYTES_MAX, 20_000_000])('a body that announces more: %p bytes', async (bytes) => {
    const before = await surface.traceOf(key.id);
    const answer = await surface.fetch('POST', ROUTE, {
      headers: { authorization: `Bearer ${key.value}`, 'content-type': 'application/json' },
      body: tooMuch(bytes),
    });
    expect(answer.status).toBe(413);
    expect(errorOf(answer, 'openai')).toMatchObject({
      code: 'request_too_large',
      message: expect.stringContaining(String(BODY_BYTES_MAX)),
    });
    expect(await surface.traceOf(key.id)).toEqual(before);
  });

  it.each([BODY_BYTES_MAX, 20_000_000])('a body that turns out to be more: %p bytes', async (bytes) => {
    const body = Buffer.from(tooMuch(bytes));
    const answer = await surface.raw(ROUTE, { 'x-bf-vk': key.value, 'transfer-encoding': 'chunked' }, (write) => {
      for (let at = 0; at < body.length; at += 65_536) write(body.subarray(at, at + 65_536));
    });
    expect(answer.status).toBe(413);
    expect(errorOf(answer, 'bifrost')).toMatchObject({ code: 'request_too_large' });
  });

  it('the connection of a client that goes on sending is closed, and the next call works', async () => {
    await surface.idle();
    expect((await surface.chat({ key: key.value })).status).toBe(200);
  });
});

describe('a client that leaves before its request is complete', () => {
  it('leaves no trace', async () => {
    const before = await surface.traceOf(key.id);
    const served = (await surface.simulator.entries()).length;
    const leaving = surface.raw(ROUTE, { 'x-bf-vk': key.value, 'content-length': '1000' }, async (write) => {
      write('{"model":"gpt-4o",');
      await surface.inFlight(1);
      throw new Error('gone');
    });
    await expect(leaving).rejects.toThrow('gone');
    await surface.idle();
    expect(await surface.traceOf(key.id)).toEqual(before);
    expect((await surface.simulator.entries()).length).toBe(served);
  });
});

describe('the provider', () => {
  /** A key of its own, limited, with what Redis has of it after the call. */
  async function callWith(
    body: Record<string, unknown>,
  ): Promise<{ readonly answer: Answer; readonly trace: Record<string, unknown>; readonly own: VirtualKey }> {
    const own = await surface.createKey({
      budget: { max_limit: 1_000, reset_duration: '1d' },
      rate_limit: {
        token_max_limit: 1_000_000,
        token_reset_duration: '1d',
        request_max_limit: 100,
        request_reset_duration: '1d',
      },
    });
    const answer = await surface.chat({ key: own.value, credential: 'authorization', body });
    await surface.idle();
    return { answer, trace: await surface.traceOf(own.id), own };
  }
  const sim = (behaviour: Record<string, unknown>) => ({ messages: simulated(behaviour) });
  const charged = { used: expect.objectContaining({}), holds: 0, dispatched: 0 };
  const requestsOf = (trace: Record<string, unknown>): unknown =>
    Object.entries(trace['used'] as Record<string, string>).find(([id]) => id.startsWith('q'))?.[1];

  it.each([429, 500, 503, 400, 404])('its %p goes through as it is and is not charged', async (status) => {
    for (const stream of [false, true]) {
      const { answer, trace } = await callWith({ ...sim({ status, retryAfterS: 7 }), stream });
      expect(answer.status).toBe(status);
      expect(answer.json).toMatchObject({ error: { message: expect.any(String), type: expect.any(String) } });
      expect(answer.headers.get('x-upstream-request-id')).toMatch(/^req_sim/);
      if (status === 429) expect(answer.headers.get('retry-after')).toBe('7');
      expect(trace).toEqual(NO_TRACE);
    }
  });

  it.each([401, 403])('its %p is about the gateway, not the caller: 502', async (status) => {
    const { answer, trace } = await callWith(sim({ status }));
    expect(answer.status).toBe(502);
    expect(errorOf(answer, 'openai')).toMatchObject({
      code: 'upstream_unreachable',
      message: expect.stringContaining('Your virtual key is fine'),
    });
    expect(trace).toEqual(NO_TRACE);
  });

  it('down: 502, nothing charged', async () => {
    const own = await surface.createKey({ rate_limit: { request_max_limit: 5, request_reset_duration: '1h' } });
    const answer = await surface.chat({ key: own.value, body: { model: 'mistral/mistral-small-latest' } });
    expect(answer.status).toBe(502);
    expect(errorOf(answer, 'bifrost')).toMatchObject({
      code: 'upstream_unreachable',
      error: expect.stringContaining('nothing was charged'),
    });
    expect(await surface.traceOf(own.id)).toEqual(NO_TRACE);
  });

  it.each([false, true])('silent: 504 within the deadline, charged at the estimate (stream: %p)', async (stream) => {
    const { answer, trace } = await callWith({ ...sim({ failure: 'hang' }), stream });
    expect(answer.status).toBe(504);
    expect(errorOf(answer, 'openai')).toMatchObject({ code: 'upstream_timeout' });
    expect(trace).toEqual(charged);
    expect(requestsOf(trace)).toBe('1');
  });

  it.each(['cut', 'cut_midway', 'hang_midway'])(
    'breaking off a JSON answer (%s): 5xx, charged, nothing held',
    async (failure) => {
      const { answer, trace } = await callWith(sim({ failure }));
      expect(answer.status).toBe(failure === 'hang_midway' ? 504 : 502);
      expect(errorOf(answer, 'openai')['code']).toBe(
        failure === 'hang_midway' ? 'upstream_timeout' : 'upstream_unreachable',
      );
      expect(trace).toEqual(charged);
      expect(requestsOf(trace)).toBe('1');
    },
  );

  it('talking nonsense: 502, charged', async () => {
    const { answer, trace } = await callWith(sim({ failure: 'malformed' }));
    expect(answer.status).toBe(502);
    expect(errorOf(answer, 'openai')).toMatchObject({ code: 'upstream_malformed' });
    expect(requestsOf(trace)).toBe('1');
  });

  it.each(['cut_midway', 'hang_midway'])(
    'breaking off a stream (%s): an error event, no [DONE], charged',
    async (failure) => {
      const { answer, trace } = await callWith({ ...sim({ failure, chunks: 6, completionTokens: 12 }), stream: true });
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('[DONE]');
      const last = answer.text.trimEnd().split('\n\n').at(-1) ?? '';
      expect(JSON.parse(last.slice('data: '.length))).toMatchObject({
        error: { code: expect.stringMatching(/^upstream_/) },
      });
      expect(requestsOf(trace)).toBe('1');
      expect(trace).toEqual(charged);
    },
  );

  it('sending a chunk that is no JSON: it goes through, and the call is charged exactly', async () => {
    const { answer, trace } = await callWith({
      ...sim({ failure: 'malformed', promptTokens: 10, completionTokens: 6, chunks: 6 }),
      stream: true,
    });
    expect(answer.text).toContain('data: [DONE]');
    expect(answer.text).toContain('chatcmpl-broken');
    const tokens = Object.entries(trace['used'] as Record<string, string>).find(([id]) => id.startsWith('t'));
    expect(tokens?.[1]).toBe('16');
  });
});

describe('accounting of all this', () => {
  it('ends: nothing is held anywhere', async () => {
    await surface.idle();
    await waitFor(
      async () => {
        const traces = await Promise.all(surface.keys.map(({ id }) => surface.traceOf(id)));
        return traces.every(({ holds, dispatched }) => holds === 0 && dispatched === 0);
      },
      { what: 'no hold' },
    );
  });

  it('left no key and no word of a prompt in a log', () => {
    const logs = surface.stack.logs();
    for (const secret of [
      ...surface.keys.map(({ value }) => value),
      PROMPT,
      'Say hello.',
      surface.stack.serviceToken,
    ]) {
      expect(logs.includes(secret)).toBe(false);
    }
  });
});
