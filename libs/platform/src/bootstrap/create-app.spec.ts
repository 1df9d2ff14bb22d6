import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Inject, Module, Post } from '@nestjs/common';
import { once } from 'node:events';
import { connect } from 'node:net';

import { startTestApp, testConfig, type TestApp } from '../../test/support/start-test-app.js';
import { BaseConfig } from '../config/base-config.js';
import { loadConfig } from '../config/load-config.js';
import { Ctx, type RequestContext } from '../context/request-context.js';
import { HealthRegistry } from '../health/health-registry.js';
import { LOGGER, type Logger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';

class SampleConfig extends BaseConfig {}

@Controller()
class EchoController {
  constructor(
    private readonly config: SampleConfig,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Get('context')
  context(@Ctx() ctx: RequestContext): RequestContext {
    return ctx;
  }

  @Post('echo')
  echo(@Body() body: unknown): unknown {
    this.logger.info({ body, headers: { authorization: 'Bearer abcdef123456' }, err: bearingError() }, 'seen');
    return body;
  }

  @Get('wiring')
  wiring(): { config: boolean } {
    this.metrics.counter({ name: 'sample_total', help: 'Calls.' }).inc();
    return { config: this.config instanceof SampleConfig };
  }
}

function bearingError(): Error {
  return Object.assign(new Error('refused sk-bf-abcdefgh by redis://user:hunter2@cache:6379'), {
    parameters: ['hunter2'],
    cause: new Error('sent Bearer abcdef123456'),
  });
}

@Module({ controllers: [EchoController] })
class EchoModule {}

async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

describe('createApp', () => {
  let app: TestApp;

  beforeAll(async () => {
    const config = loadConfig(SampleConfig, { REDIS_URL: 'redis://127.0.0.1:1' });
    app = await startTestApp({ module: EchoModule, config, clock: { now: () => 1_790_000_000_000 } });
  });

  afterAll(() => app.close());

  it.each([
    ['req_0198-a.B', 'req_0198-a.B'],
    ['x'.repeat(128), 'x'.repeat(128)],
  ])('keeps the request id %p', async (given, kept) => {
    const response = await fetch(`${app.url}/context`, { headers: { 'x-request-id': given } });

    expect(response.headers.get('x-request-id')).toBe(kept);
    expect(await response.json()).toMatchObject({ requestId: kept });
  });

  it.each(['', 'a b', 'a,b', 'x'.repeat(129), '"', '{}'])('replaces the request id %p', async (given) => {
    const response = await fetch(`${app.url}/context`, { headers: { 'x-request-id': given } });

    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives a use case what it may know of the request', async () => {
    const headers = { 'user-agent': `agent ${'x'.repeat(500)}`, 'x-forwarded-for': '203.0.113.9' };
    const context = (await (await fetch(`${app.url}/context`, { headers })).json()) as RequestContext;

    expect(context).toMatchObject({
      actor: { kind: 'anonymous', id: 'anonymous' },
      ip: '203.0.113.9',
      nowMs: 1_790_000_000_000,
    });
    expect(context.userAgent).toHaveLength(256);
  });

  it('believes X-Forwarded-For only of trusted proxies', async () => {
    const config = testConfig({ PENSTOCK_TRUSTED_PROXIES: '10.0.0.0/8' });
    const strict = await startTestApp({
      module: {
        module: class {},
        controllers: [EchoController],
        providers: [{ provide: SampleConfig, useValue: config }],
      },
      config,
    });
    const response = await fetch(`${strict.url}/context`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    await strict.close();

    expect(await response.json()).toMatchObject({ ip: '127.0.0.1' });
  });

  it('injects the configuration under its class, and the metrics that /metrics prints', async () => {
    expect(await (await fetch(`${app.url}/wiring`)).json()).toEqual({ config: true });
    const text = await (await fetch(`${app.url}/metrics`)).text();

    expect(text).toContain('sample_total{service="test"} 1');
    expect(text).toContain('penstock_http_requests_in_flight{service="test"} 1');
    expect(text).toMatch(/penstock_http_request_duration_seconds_count\{.*route="\/wiring".*\} 1/);
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('writes one line per request and nothing of what it carried', async () => {
    await fetch(`${app.url}/echo?key=sk-bf-inquery1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer abcdef123456', 'x-request-id': 'line-1' },
      body: '{"prompt":"a very private prompt"}',
    });
    const ofRequest = app.lines.filter((line) => line['requestId'] === 'line-1');

    expect(ofRequest).toEqual([
      expect.objectContaining({ msg: 'request', method: 'POST', route: '/echo', status: 201, actor: 'anonymous' }),
    ]);
    expect(app.text()).toContain('"msg":"seen"');
    for (const secret of ['abcdef123456', 'sk-bf-abcdefgh', 'sk-bf-inquery1', 'hunter2', 'private prompt']) {
      expect(app.text()).not.toContain(secret);
    }
  });

  it('does not log probes', async () => {
    const before = app.lines.length;
    await fetch(`${app.url}/health`);
    await fetch(`${app.url}/health/live`);
    await fetch(`${app.url}/metrics`);

    expect(app.lines).toHaveLength(before);
  });

  it('answers what is not HTTP with one JSON body and closes', async () => {
    const answer = await sendRaw(app.port, 'GARBAGE\r\n\r\n');

    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'request_invalid' });
    const huge = await sendRaw(app.port, `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`);
    expect(huge).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('reports health: ok, degraded without an optional, unavailable without a critical dependency', async () => {
    const health = app.app.get(HealthRegistry);
    const read = async () => {
      const response = await fetch(`${app.url}/health`);
      return { http: response.status, ...((await response.json()) as Record<string, unknown>) };
    };

    expect(await read()).toEqual({ http: 200, status: 'ok', service: 'test', checks: {} });

    health.register({
      name: 'redis',
      critical: false,
      check: () => Promise.reject(Object.assign(new Error('connect 10.0.0.3:6379'), { code: 'ECONNREFUSED' })),
    });
    const degraded = await read();
    expect(degraded).toMatchObject({ http: 200, status: 'degraded', checks: { redis: { error: 'ECONNREFUSED' } } });
    expect(JSON.stringify(degraded)).not.toContain('10.0.0.3');

    health.register({ name: 'postgres', critical: true, timeoutMs: 10, check: () => new Promise(() => {}) });
    expect(await read()).toMatchObject({
      http: 503,
      status: 'unavailable',
      checks: { postgres: { status: 'failed', error: 'no answer within 10 ms' } },
    });

    health.register({ name: 'redis', critical: false, check: () => Promise.resolve('PONG') });
    health.register({ name: 'postgres', critical: true, check: () => Promise.resolve() });
    expect(await read()).toMatchObject({ http: 200, status: 'ok', checks: { redis: { status: 'ok' } } });
    expect(app.lines.filter((line) => line['check'] === 'redis').map((line) => line['level'])).toEqual([
      'warn',
      'info',
    ]);
  });
});
