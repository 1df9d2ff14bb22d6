import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { VirtualKey } from '@penstock/testing';
import { simulated } from '@penstock/testing';
import OpenAI from 'openai';

import { ANSWER } from './support/recording-provider.js';
import { errorOf, PROMPT, PROVIDER_KEYS, Surface } from './support/surface.js';

const LIMITS = {
  budget: { max_limit: 100, reset_duration: '1d' },
  rate_limit: {
    token_max_limit: 100_000,
    token_reset_duration: '1h',
    request_max_limit: 1_000,
    request_reset_duration: '1h',
  },
};

let surface: Surface;
let key: VirtualKey;
let limited: VirtualKey;

beforeAll(async () => {
  surface = await Surface.start();
  key = await surface.createKey();
  limited = await surface.createKey(LIMITS);
});

afterAll(() => surface?.stop());

function clientOf(apiKey: string, maxRetries = 0): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${surface.url}/v1`, maxRetries });
}

describe('the openai client', () => {
  const messages = [{ role: 'user' as const, content: PROMPT }];

  it('gets a completion', async () => {
    const { data, response } = await clientOf(limited.value)
      .chat.completions.create({ model: 'openai/gpt-4o-mini', max_tokens: 16, messages })
      .withResponse();
    expect(data.choices[0]?.message.content).not.toBe('');
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    expect(response.headers.get('x-penstock-cost-usd')).toMatch(/^0\.0000\d{5}$/);
  });

  it('gets a stream, in pieces and without the usage chunk that it did not ask for', async () => {
    const stream = await clientOf(key.value).chat.completions.create({
      model: 'gpt-4o-mini',
      messages: simulated({ chunks: 4, completionTokens: 8 }),
      stream: true,
    });
    let text = '';
    let chunks = 0;
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1);
      expect(chunk.usage ?? null).toBeNull();
      text += chunk.choices[0]?.delta.content ?? '';
      chunks += 1;
    }
    expect(text).not.toBe('');
    expect(chunks).toBeGreaterThan(3);
  });

  it('gets the usage chunk when it asks for it', async () => {
    const stream = await clientOf(key.value).chat.completions.create({
      model: 'gpt-4o-mini',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) usage = chunk.usage ?? usage;
    expect(usage?.total_tokens).toBeGreaterThan(0);
  });

  it('calls tools', async () => {
    const completion = await clientOf(key.value).chat.completions.create({
      model: 'gpt-4o',
      messages: simulated({ toolCall: { arguments: { city: 'Bern' } } }),
      tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }],
    });
    const [call] = completion.choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ function: { name: 'weather', arguments: '{"city":"Bern"}' } });
  });

  it('sees the first piece long before the last', async () => {
    const startedAtMs = performance.now();
    const stream = await clientOf(key.value).chat.completions.create({
      model: 'gpt-4o-mini',
      messages: simulated({ chunks: 10, completionTokens: 20, chunkIntervalMs: 100 }),
      stream: true,
    });
    const timesMs: number[] = [];
    for await (const { id } of stream) {
      expect(id).toMatch(/^chatcmpl/);
      timesMs.push(performance.now() - startedAtMs);
    }
    expect(timesMs.at(-1)! - timesMs[0]!).toBeGreaterThan(400);
  });

  it('raises its own error classes', async () => {
    const create = (apiKey: string, model: string, fields: object = {}): Promise<unknown> =>
      clientOf(apiKey).chat.completions.create({ model, messages, ...fields });
    const poor = await surface.createKey({ budget: { max_limit: 0.000001, reset_duration: '1d' } });
    const once = await surface.createKey({ rate_limit: { request_max_limit: 1, request_reset_duration: '1h' } });
    const blocked = await surface.createKey({ allowed_models: ['gpt-4o'] });
    await create(once.value, 'gpt-4o-mini');

    await expect(create('sk-bf-unknown', 'gpt-4o')).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(create(key.value, 'gpt-4o', { n: 0 })).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(create(key.value, 'no-such-model')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(create(blocked.value, 'gpt-4o-mini')).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    await expect(create(key.value, 'mistral/x')).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(create(poor.value, 'gpt-4o')).rejects.toMatchObject({
      status: 402,
      code: 'budget_exceeded',
      type: 'insufficient_quota',
      message: expect.stringContaining('budget'),
    });
    const limit = await create(once.value, 'gpt-4o').catch((error: unknown) => error);
    expect(limit).toBeInstanceOf(OpenAI.RateLimitError);
    const { headers, code } = limit as InstanceType<typeof OpenAI.RateLimitError>;
    expect(code).toBe('request_limited');
    expect(Number(headers?.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers?.get('retry-after-ms'))).toBeLessThanOrEqual(3_600_000);
  });

  it('tries again by itself when the provider is busy, and is charged once', async () => {
    const own = await surface.createKey(LIMITS);
    await surface.simulator.behave({ status: 429, retryAfterS: 0, times: 1 });
    const completion = await clientOf(own.value, 2).chat.completions.create({ model: 'gpt-4o-mini', messages });
    expect(completion.choices).toHaveLength(1);
    await surface.idle();
    expect(
      Object.entries((await surface.traceOf(own.id))['used'] as object).filter(([id]) => id.startsWith('q')),
    ).toEqual([[expect.any(String), '1']]);
  });

  it('lists the models that its key may call', async () => {
    const own = await surface.createKey({ allowed_models: ['gpt-4o', 'gpt-4o-mini'], allowed_providers: ['openai'] });
    const listed = [];
    for await (const model of clientOf(own.value).models.list()) listed.push(model);
    expect(listed.map(({ id }) => id).toSorted()).toEqual(['gpt-4o', 'gpt-4o-mini']);
    expect(listed[0]).toMatchObject({ object: 'model', owned_by: 'openai' });
    const all = await clientOf(key.value).models.list();
    expect(all.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['gpt-4o', 'gpt-4o-mini', 'gpt-4.1']));
    await expect(clientOf('sk-bf-unknown').models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

describe('headers', () => {
  it.each(['x-bf-vk', 'authorization', 'x-api-key', 'x-goog-api-key'] as const)('a key in %s', async (credential) => {
    const answer = await surface.chat({ key: key.value, credential });
    expect(answer.status).toBe(200);
    expect(answer.json['choices']).toHaveLength(1);
  });

  it('echo the request id, or make one', async () => {
    const given = await surface.chat({ key: key.value, headers: { 'x-request-id': 'my-id.7_x' } });
    expect(given.headers.get('x-request-id')).toBe('my-id.7_x');
    expect(given.headers.get('x-upstream-request-id')).toMatch(/^req_sim/);
    const odd = await surface.chat({ key: key.value, headers: { 'x-request-id': 'not an id' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tell where the key stands and what the call cost', async () => {
    const own = await surface.createKey(LIMITS);
    const { headers } = await surface.chat({
      key: own.value,
      body: { messages: simulated({ promptTokens: 10, completionTokens: 6 }) },
    });
    expect(headers.get('x-ratelimit-limit-requests')).toBe('1000');
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('999');
    expect(headers.get('x-ratelimit-limit-tokens')).toBe('100000');
    expect(headers.get('x-ratelimit-remaining-tokens')).toBe('99984');
    expect(headers.get('x-ratelimit-reset-requests')).toMatch(/^1h0m0s$|^59m\d+s$/);
    const cost = headers.get('x-penstock-cost-usd') ?? '';
    const remaining = headers.get('x-penstock-budget-remaining-usd') ?? '';
    expect(cost).toMatch(/^0\.\d{9}$/);
    const nano = (usd: string): bigint => BigInt(usd.replace('.', ''));
    expect(nano(cost) + nano(remaining)).toBe(1_000_000_000n);
  });

  it('of a stream count the worst case, its trailer the cost', async () => {
    const own = await surface.createKey(LIMITS);
    const body = JSON.stringify({
      model: 'openai/gpt-4o-mini',
      max_tokens: 16,
      stream: true,
      messages: simulated({ promptTokens: 10, completionTokens: 6 }),
    });
    const answer = await surface.raw(
      '/v1/chat/completions',
      { authorization: `Bearer ${own.value}`, 'content-type': 'application/json', te: 'trailers' },
      (write) => write(body),
    );
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(Number(answer.headers['x-ratelimit-remaining-tokens'])).toBeLessThan(99_984);
    expect(answer.trailers['x-penstock-cost-usd']).toMatch(/^0\.\d{9}$/);
    expect(answer.text.endsWith('data: [DONE]\n\n')).toBe(true);
    const next = await surface.chat({
      key: own.value,
      body: { messages: simulated({ promptTokens: 10, completionTokens: 6 }) },
    });
    expect(next.headers.get('x-ratelimit-remaining-tokens')).toBe('99968');
  });

  it('of the provider that are the operator’s business stay here', async () => {
    const { headers } = await surface.chat({ key: key.value, body: { model: 'groq/llama-x' } });
    expect(headers.get('set-cookie')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });
});

describe('bytes', () => {
  const send = (body: string, headers: Record<string, string> = {}) =>
    surface.fetch('POST', '/v1/chat/completions', {
      headers: { 'x-bf-vk': key.value, 'content-type': 'application/json', ...headers },
      body,
    });
  const BODY =
    ` {"seed":12345678901234567890, "unknown" : {"deep":[1e2,0.10,"\\u00fc"]},\n\t"model":"groq/llama-x",` +
    `"messages":[{"role":"user","content":"groq/llama-x ü😀","name":"\\u0061"}], "temperature":1.0}`;

  it('of a request reach the provider as they are, but for the model', async () => {
    const answer = await send(BODY);
    expect(answer.status).toBe(200);
    expect(surface.recorder.last).toMatchObject({ method: 'POST', url: '/some/path/v1/chat/completions' });
    expect(surface.recorder.last.body).toBe(BODY.replace('"model":"groq/llama-x"', '"model":"llama-x"'));
  });

  it('of an answer reach the caller as they are', async () => {
    expect((await send(BODY)).text).toBe(ANSWER);
  });

  it('of a stream’s request get nothing but the wish for usage', async () => {
    const body = `{"stream":true,"n":1,${BODY.trimStart().slice(1)}`;
    await send(body);
    expect(surface.recorder.last.body).toBe(
      body
        .replace('{', '{"stream_options":{"include_usage":true},')
        .replace('"model":"groq/llama-x"', '"model":"llama-x"'),
    );
  });

  it('keep what the caller said about the stream', async () => {
    const options = '"stream_options":{"include_obfuscation":false,"include_usage":false}';
    await send(`{"model":"groq/llama-x","stream":true,${options},"messages":[{"role":"user","content":"x"}]}`);
    expect(JSON.parse(surface.recorder.last.body)).toMatchObject({
      stream_options: { include_obfuscation: false, include_usage: true },
    });
  });

  it('beyond a megabyte pass', async () => {
    const content = `${PROMPT} ${'x'.repeat(2_000_000)}`;
    const answer = await surface.chat({
      key: key.value,
      body: { model: 'groq/llama-x', messages: [{ role: 'user', content }] },
    });
    expect(answer.status).toBe(200);
    expect(surface.recorder.last.body.length).toBeGreaterThan(2_000_000);
  });

  it('carry no credential of the caller to the provider', async () => {
    await send(BODY, { authorization: 'Bearer other', 'x-api-key': 'k', cookie: 'a=b', 'openai-beta': 'x=v1' });
    const { headers } = surface.recorder.last;
    expect(headers).toMatchObject({ authorization: `Bearer ${PROVIDER_KEYS.groq}`, 'openai-beta': 'x=v1' });
    for (const name of ['x-bf-vk', 'x-api-key', 'cookie', 'x-admin-key']) expect(headers[name]).toBeUndefined();
    expect(JSON.stringify(headers)).not.toContain(key.value);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
    'are JSON whatever the content type says: %j',
    async (type) => {
      const answer = await surface.raw(
        '/v1/chat/completions',
        { 'x-bf-vk': key.value, ...(type === '' ? {} : { 'content-type': type }) },
        (write) => write(BODY),
      );
      expect(answer.status).toBe(200);
    },
  );

  it('may come one by one', async () => {
    const answer = await surface.raw('/v1/chat/completions', { 'x-bf-vk': key.value }, async (write) => {
      const bytes = Buffer.from(BODY);
      write(bytes.subarray(0, 10));
      await surface.inFlight(1);
      for (const byte of bytes.subarray(10)) write(Buffer.from([byte]));
    });
    expect(answer.status).toBe(200);
    expect(surface.recorder.last.body).toContain('"seed":12345678901234567890');
  });
});

it('describes itself', async () => {
  const { status, json } = await surface.fetch('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(Object.keys(json['paths'] as object)).toEqual(['/v1/chat/completions', '/v1/models', '/v1/key']);
});

describe('one origin', () => {
  const operator = (): Record<string, string> => ({
    'x-admin-key': surface.stack.masterKey,
    'content-type': 'application/json',
  });
  const json = (value: unknown) => ({ headers: operator(), body: JSON.stringify(value) });

  it('serves governance: create, read, change, delete', async () => {
    const created = await surface.fetch(
      'POST',
      '/api/governance/virtual-keys',
      json({ name: `via gateway ${process.pid}` }),
    );
    expect(created.status).toBe(201);
    const { id } = created.json['virtual_key'] as VirtualKey;
    const path = `/api/governance/virtual-keys/${id}`;
    expect((await surface.fetch('GET', path, { headers: operator() })).json).toMatchObject({ virtual_key: { id } });
    const changed = await surface.fetch('PUT', path, json({ is_active: false }));
    expect(changed.json).toMatchObject({ virtual_key: { id, is_active: false } });
    expect((await surface.fetch('DELETE', path, { headers: operator() })).status).toBe(200);
    expect((await surface.fetch('GET', path, { headers: operator() })).status).toBe(404);
  });

  it('passes on refusals as they are, with the request id', async () => {
    const bad = await surface.fetch('POST', '/api/governance/virtual-keys', {
      ...json({ name: 7 }),
      headers: { ...operator(), 'x-request-id': 'through-1' },
    });
    expect(bad.status).toBe(400);
    expect(bad.json).toMatchObject({ error: expect.any(String), code: 'validation_failed', request_id: 'through-1' });
    expect((await surface.fetch('GET', '/api/governance/teams')).status).toBe(401);
    expect((await surface.fetch('GET', '/api/governance/nothing', { headers: operator() })).status).toBe(404);
  });

  it('serves admin', async () => {
    const list = await surface.fetch('GET', '/api/organizations', { headers: operator() });
    expect(list.status).toBe(200);
    expect((await surface.fetch('GET', '/api/organizations')).status).toBe(401);
    const bad = await surface.fetch('POST', '/api/organizations/create', json({}));
    expect(bad.status).toBe(422);
    expect(bad.json['detail']).toEqual(expect.any(Array));
  });

  const INTERNAL = `internal/policies/${'0'.repeat(64)}`;
  it.each([
    `/${INTERNAL}`,
    '/internal/tenants/x/load',
    `/api/governance/../../${INTERNAL}`,
    `/api/governance/%2e%2e/%2e%2e/${INTERNAL}`,
    `/api/governance/..%2f..%2f${INTERNAL}`,
    `/api/governance/../..\\${INTERNAL}`,
    `/api//${INTERNAL}`,
    `//${INTERNAL}`,
  ])('does not lead to what is internal: %s', async (path) => {
    const headers = { authorization: `Bearer ${surface.stack.serviceToken}`, 'x-admin-key': surface.stack.masterKey };
    // There is something to be found, for those who reach governance itself.
    const direct = await fetch(`${surface.stack.governanceUrl}/${INTERNAL}`, { headers });
    expect(await direct.json()).toEqual({ found: false });
    for (const method of ['GET', 'POST']) {
      const answer = await surface.raw(path, headers, () => undefined, method);
      expect([400, 404, 405]).toContain(answer.status);
    }
  });

  it('says so when a service is away, and calls of known keys go on', async () => {
    expect((await surface.chat({ key: key.value })).status).toBe(200);
    await surface.stack.governance.stop();
    await surface.stack.admin.stop();
    try {
      const governance = await surface.fetch('POST', '/api/governance/teams', json({ name: 'x' }));
      expect(governance.status).toBe(503);
      expect(governance.headers.get('retry-after')).toBe('1');
      expect(governance.json).toMatchObject({
        error: expect.stringContaining('governance'),
        request_id: expect.any(String),
        code: 'service_unavailable',
      });
      const admin = await surface.fetch('GET', '/api/organizations', { headers: operator() });
      expect(admin.status).toBe(503);
      expect(admin.json).toMatchObject({ detail: expect.stringContaining('admin'), code: 'service_unavailable' });

      expect((await surface.chat({ key: key.value })).status).toBe(200);
      const unknown = await surface.chat({ key: 'sk-bf-nobody', credential: 'authorization' });
      expect(unknown.status).toBe(503);
      expect(errorOf(unknown, 'openai')).toMatchObject({ code: 'policy_unavailable' });
      expect(unknown.headers.get('retry-after')).toBe('1');
    } finally {
      await surface.stack.governance.restart();
      await surface.stack.admin.restart();
    }
    expect((await surface.fetch('GET', '/api/governance/teams', { headers: operator() })).status).toBe(200);
  });
});

describe('the logs of all this', () => {
  it('hold no key, no secret and nothing that was said', () => {
    const logs = surface.stack.logs();
    expect(logs).toContain('"msg"');
    const secrets = [
      ...surface.keys.map(({ value }) => value),
      ...Object.values(PROVIDER_KEYS),
      surface.stack.masterKey,
      surface.stack.serviceToken,
      PROMPT,
      'grüezi',
      'gr\\u00fcezi',
    ];
    for (const secret of secrets) expect(logs.includes(secret)).toBe(false);
  });
});
