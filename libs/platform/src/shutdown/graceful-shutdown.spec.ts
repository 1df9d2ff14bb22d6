import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';

import { startTestApp, testConfig, type TestApp } from '../../test/support/start-test-app.js';
import { Shutdown } from './shutdown.js';

const GATE = Symbol('gate');

interface Gate {
  entered: PromiseWithResolvers<void>;
  opened: PromiseWithResolvers<string>;
  events: string[];
}

@Controller()
class SlowController implements OnModuleDestroy {
  constructor(
    @Inject(GATE) private readonly gate: Gate,
    shutdown: Shutdown,
  ) {
    shutdown.register('close', 'first opened', () => void gate.events.push('close first'));
    shutdown.register('close', 'last opened', () => void gate.events.push('close last'));
    shutdown.register('flush', 'fails', () => Promise.reject(new Error('flush failed')));
    shutdown.register('flush', 'usage', () => void gate.events.push('flush'));
    shutdown.register('stop', 'consumer', () => void gate.events.push('stop'));
  }

  @Get('slow')
  async slow(): Promise<{ answer: string }> {
    this.gate.entered.resolve();
    const answer = await this.gate.opened.promise;
    this.gate.events.push('answered');
    return { answer };
  }

  @Get('quick')
  quick(): { quick: true } {
    return { quick: true };
  }

  onModuleDestroy(): void {
    this.gate.events.push('nest closed');
  }
}

async function start(env: NodeJS.ProcessEnv = {}): Promise<{ app: TestApp; gate: Gate }> {
  const gate: Gate = { entered: Promise.withResolvers(), opened: Promise.withResolvers(), events: [] };
  @Module({ controllers: [SlowController], providers: [{ provide: GATE, useValue: gate }] })
  class SlowModule {}
  return { app: await startTestApp({ module: SlowModule, config: testConfig(env) }), gate };
}

function get(url: string, agent: Agent): Promise<{ response: IncomingMessage; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ response, body }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function isRefused(url: string): Promise<boolean> {
  return get(url, new Agent()).then(
    () => false,
    () => true,
  );
}

describe('a graceful shutdown', () => {
  it('answers the request in flight, then runs the phases in order', async () => {
    const { app, gate } = await start();
    const agent = new Agent({ keepAlive: true });
    const slow = get(`${app.url}/slow`, agent);
    await gate.entered.promise;

    const left = app.leave();
    await until(() => isRefused(`${app.url}/quick`));
    gate.opened.resolve('late but whole');
    const { response, body } = await slow;
    await left;

    expect([response.statusCode, body]).toEqual([200, '{"answer":"late but whole"}']);
    expect(response.headers.connection).toBe('close');
    expect(gate.events).toEqual(['stop', 'answered', 'flush', 'nest closed', 'close last', 'close first']);
    expect(app.lines).toContainEqual(expect.objectContaining({ level: 'error', hook: 'fails' }));
  });

  it('during the delay it still accepts connections, says draining and closes each one', async () => {
    const { app, gate } = await start({ PENSTOCK_SHUTDOWN_DELAY_MS: '300' });
    const agent = new Agent({ keepAlive: true });
    expect((await get(`${app.url}/quick`, agent)).response.headers.connection).toBe('keep-alive');

    const left = app.leave();
    const health = await get(`${app.url}/health`, new Agent());
    const quick = await get(`${app.url}/quick`, agent);
    await left;

    expect([health.response.statusCode, JSON.parse(health.body)]).toEqual([
      503,
      { status: 'draining', service: 'test', checks: {} },
    ]);
    expect([quick.response.statusCode, quick.response.headers.connection]).toEqual([200, 'close']);
    expect(gate.events.at(-1)).toBe('close first');
  });

  it('serves a request that arrives on an open connection after the listener has closed', async () => {
    const { app } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await get(`${app.url}/quick`, agent);

    const left = app.leave();
    await until(() => isRefused(`${app.url}/quick`));
    const { response } = await get(`${app.url}/quick`, agent);
    await left;

    expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
  });

  it('cuts what outlasts the grace and still flushes', async () => {
    const { app, gate } = await start({ PENSTOCK_SHUTDOWN_GRACE_MS: '50' });
    const slow = get(`${app.url}/slow`, new Agent()).then(
      () => 'answered',
      () => 'cut',
    );
    await gate.entered.promise;

    await app.leave();

    expect(await slow).toBe('cut');
    expect(gate.events).toEqual(['stop', 'flush', 'nest closed', 'close last', 'close first']);
  });

  it('runs once, whoever asks', async () => {
    const { app, gate } = await start();

    await Promise.all([app.leave(), app.close(), app.leave()]);

    expect(gate.events.filter((event) => event === 'flush')).toHaveLength(1);
  });
});
