import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

import { expect } from '@jest/globals';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import {
  type GovernanceClient,
  governanceClient,
  sendChat,
  type SimulatorClient,
  simulatorClient,
  type Stack,
  startStack,
  type VirtualKey,
  type VirtualKeyInput,
  waitFor,
} from '@penstock/testing';
import { Redis } from 'ioredis';

import { RecordingProvider } from './recording-provider.js';

/** In every prompt of these tests; no log may have it. */
export const PROMPT = 'a prompt that only its provider may see';
/** Keys of the providers; no answer and no log may have one. */
export const PROVIDER_KEYS = { openai: 'sk-provider-openai-5d1c', groq: 'gsk-provider-groq-77aa' } as const;
export const BODY_BYTES_MAX = 2_500_000;
export const FIRST_BYTE_TIMEOUT_MS = 2_500;

/** An answer read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** An answer as Node's own client reads it, trailers included. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: NodeJS.Dict<string>;
  readonly text: string;
}

/** A gateway with three providers: `openai` is the simulator, `groq` records, `mistral` is down. */
export class Surface {
  readonly governance: GovernanceClient;
  readonly simulator: SimulatorClient;
  readonly redis: Redis;
  readonly keys: VirtualKey[] = [];
  private callCount = 0;

  private constructor(
    readonly stack: Stack,
    readonly recorder: RecordingProvider,
  ) {
    this.governance = governanceClient(stack);
    this.simulator = simulatorClient(stack.simulatorUrl);
    this.redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  }

  static async start(): Promise<Surface> {
    const recorder = await RecordingProvider.start();
    const stack = await startStack({
      env: { PENSTOCK_STORE_DEADLINE_MS: '5000' },
      appEnv: {
        gateway: {
          OPENAI_API_KEY: PROVIDER_KEYS.openai,
          GROQ_API_KEY: PROVIDER_KEYS.groq,
          GROQ_BASE_URL: recorder.baseUrl,
          MISTRAL_API_KEY: 'key-of-nobody',
          MISTRAL_BASE_URL: 'http://127.0.0.1:9/v1',
          PENSTOCK_BODY_BYTES_MAX: String(BODY_BYTES_MAX),
          PENSTOCK_UPSTREAM_FIRST_BYTE_TIMEOUT_MS: String(FIRST_BYTE_TIMEOUT_MS),
          PENSTOCK_UPSTREAM_IDLE_TIMEOUT_MS: String(FIRST_BYTE_TIMEOUT_MS),
        },
      },
    });
    return new Surface(stack, recorder);
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    await this.stack.stop();
    await this.recorder.close();
  }

  get url(): string {
    return this.stack.gatewayUrl;
  }

  /** A key without limits unless told otherwise; its tenant is itself. */
  async createKey(input: VirtualKeyInput = {}): Promise<VirtualKey> {
    const key = await this.governance.createVirtualKey({
      name: `surface ${this.keys.length} ${process.pid}`,
      ...input,
    });
    this.keys.push(key);
    return key;
  }

  /** Calls with a prompt of {@link PROMPT} and reads the answer. */
  async chat(call: Partial<Parameters<typeof sendChat>[0]>): Promise<Answer> {
    this.callCount += 1;
    const response = await sendChat({
      gatewayUrl: this.url,
      ...call,
      headers: { 'x-request-id': `surface-${this.callCount}`, ...call.headers },
      body: { messages: [{ role: 'user', content: PROMPT }], ...call.body },
    });
    return read(response);
  }

  /** Any request to the gateway. */
  async fetch(method: string, path: string, init: Omit<RequestInit, 'method'> = {}): Promise<Answer> {
    return read(await fetch(this.url + path, { method, ...init }));
  }

  /** A request with exactly these bytes on the wire; `feed` may write the body piece by piece. */
  async raw(
    path: string,
    headers: Record<string, string>,
    feed: (write: (chunk: string | Buffer) => void) => Promise<void> | void,
    method = 'POST',
  ): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(this.url);
      const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            trailers: response.trailers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      request.on('error', reject);
      void Promise.resolve(feed((chunk) => request.write(chunk))).then(
        () => request.end(),
        (error: Error) => request.destroy(error),
      );
    });
  }

  /** Everything Redis knows of a tenant but its epoch, without counters at zero. */
  async traceOf(tenantId: string): Promise<Record<string, unknown>> {
    const keys = tenantKeys(tenantId);
    const [counters, holds, dispatched] = await Promise.all([
      this.redis.hgetall(keys.counters),
      this.redis.hlen(keys.holds),
      this.redis.scard(keys.dispatched),
    ]);
    const used = Object.entries(counters).filter(([name, value]) => name !== EPOCH_FIELD && value !== '0');
    return { used: Object.fromEntries(used), holds, dispatched };
  }

  /** Waits until no call of the gateway is in flight. */
  async idle(): Promise<void> {
    await this.inFlight(0);
  }

  /** Waits until exactly so many calls of the gateway are in flight. */
  async inFlight(count: number): Promise<void> {
    await waitFor(
      async () => {
        const text = await (await fetch(`${this.url}/metrics`)).text();
        return new RegExp(`^penstock_gateway_calls_in_flight(\\{.*\\})? ${count}$`, 'm').test(text);
      },
      { what: `${count} calls in flight` },
    );
  }
}

/** What a tenant looks like when nothing was reserved or counted. */
export const NO_TRACE = { used: {}, holds: 0, dispatched: 0 };

/** The error of an answer, whose dialect must be this one. */
export function errorOf(
  answer: Pick<Answer, 'status' | 'text'>,
  dialect: 'openai' | 'bifrost',
): Record<string, unknown> {
  const body = JSON.parse(answer.text) as Record<string, unknown>;
  if (dialect === 'bifrost') {
    expect(body).toMatchObject({ error: expect.any(String), type: expect.any(String), status_code: answer.status });
    return { ...body, message: body['error'] };
  }
  expect(Object.keys(body)).toEqual(['error']);
  expect(body['error']).toMatchObject({
    message: expect.any(String),
    type: expect.any(String),
    code: expect.any(String),
  });
  return body['error'] as Record<string, unknown>;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A stream, or nothing at all, as after HEAD.
  }
  return { status: response.status, headers: response.headers, text, json };
}
