import type { Type } from '@nestjs/common';
import { KeyHasher, loadConfig, type CreatedApp, createApp, createLogger } from '@penstock/platform';
import { createTestDatabase, startTestRedis, TestClock, type TestDatabase, type TestRedis } from '@penstock/testing';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { appOptions } from '../../src/app-options.js';
import { GovernanceConfig } from '../../src/config.js';

export const MASTER_KEY = 'master-key-of-the-test';
export const SERVICE_TOKEN = 'service-token-of-the-test';
export const TOKEN_SECRETS = `1:${Buffer.alloc(32, 9).toString('base64')}`;
const HASH_SECRET = 'hash-secret-of-the-test';

/** Anything that JSON can hold; tests look into it freely. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The whole service in this process, with a database and a Redis of its own. */
export interface GovernanceApp {
  /** Where it listens. */
  readonly url: string;
  readonly clock: TestClock;
  readonly db: DataSource;
  readonly databaseUrl: string;
  readonly redis: Redis;
  readonly redisServer: TestRedis;
  /** A call as the operator. The path starts after `/api/governance`; a text body is sent as it is. */
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
  /** A call as a gateway; the path starts after `/internal`. */
  internal(method: 'GET' | 'POST', path: string): Promise<Answer>;
  /** A call with exactly these headers. */
  raw(method: string, path: string, headers: Record<string, string>, body?: unknown): Promise<Answer>;
  create(kind: 'customers' | 'teams' | 'virtual-keys', body: Json): Promise<Json>;
  /** Every route of the service. */
  routes(): { method: string; url: string }[];
  /** A service of the app, for callers that no route admits. */
  service<T>(type: Type<T>): T;
  /** Another process of the same service, on the same stores; stopped by the caller, before this one. */
  startReplica(): Promise<Pick<GovernanceApp, 'call' | 'stop'>>;
  hashOf(keyValue: string): string;
  epochOf(tenantId: string): Promise<number>;
  stop(): Promise<void>;
}

const ENTITY = { customers: 'customer', teams: 'team', 'virtual-keys': 'virtual_key' } as const;

/** How a service of a test is started. */
export interface GovernanceOptions {
  /** Over the settings of every test. */
  readonly env?: Readonly<Record<string, string>>;
  /** May put something between the service and its database. */
  readonly through?: (databaseUrl: string) => string;
}

/** Starts the service. */
export async function startGovernance({
  env = {},
  through = (databaseUrl) => databaseUrl,
}: GovernanceOptions = {}): Promise<GovernanceApp> {
  const database: TestDatabase = await createTestDatabase();
  const redisServer = await startTestRedis();
  const clock = new TestClock();
  const config = loadConfig(GovernanceConfig, {
    DATABASE_URL: through(database.url),
    REDIS_URL: redisServer.url,
    MASTER_KEY,
    PENSTOCK_TOKEN_SECRETS: TOKEN_SECRETS,
    PENSTOCK_SERVICE_TOKEN: SERVICE_TOKEN,
    PENSTOCK_KEY_HASH_SECRET: HASH_SECRET,
    PENSTOCK_ENCRYPTION_KEYS: `1:${Buffer.alloc(32, 7).toString('base64')}`,
    ...env,
  });
  const logger = createLogger('governance-test', { level: 'silent' });
  const startProcess = async (): Promise<CreatedApp> => {
    const process = await createApp({ ...appOptions, config, clock, logger });
    await process.app.listen(0, '127.0.0.1');
    return process;
  };
  const created = await startProcess();
  const baseUrl = await created.app.getUrl();
  const redis = new Redis(redisServer.url, { lazyConnect: true });
  redis.on('error', () => undefined);
  await redis.connect();
  const db = created.app.get(DataSource);
  const hasher = new KeyHasher(HASH_SECRET);

  const send = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
    origin = baseUrl,
  ): Promise<Answer> => {
    const response = await fetch(origin + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
      text,
      headers: Object.fromEntries(response.headers),
    };
  };
  const operator = { 'x-admin-key': MASTER_KEY, 'content-type': 'application/json' };
  const call: GovernanceApp['call'] = (method, path, body) => send(method, `/api/governance${path}`, operator, body);

  return {
    url: baseUrl,
    clock,
    db,
    databaseUrl: database.url,
    redis,
    redisServer,
    call,
    internal: (method, path) => send(method, `/internal${path}`, { authorization: `Bearer ${SERVICE_TOKEN}` }),
    raw: send,
    create: async (kind, body) => {
      const answer = await call('POST', `/${kind}`, body);
      if (answer.status !== 201) throw new Error(`${kind} were answered ${answer.status}: ${answer.text}`);
      return answer.body[ENTITY[kind]];
    },
    routes: () => created.routes.all(),
    service: (type) => created.app.get(type, { strict: false }),
    startReplica: async () => {
      const replica = await startProcess();
      const origin = await replica.app.getUrl();
      return {
        call: (method, path, body) => send(method, `/api/governance${path}`, operator, body, origin),
        stop: () => replica.leave(),
      };
    },
    hashOf: (keyValue) => hasher.hash(keyValue),
    epochOf: async (tenantId) => {
      const [row] = await db.query('SELECT epoch FROM governance.tenants WHERE id = $1', [tenantId]);
      return row === undefined ? 0 : Number(row.epoch);
    },
    stop: async () => {
      redis.disconnect();
      await created.leave();
      await redisServer.stop();
      await database.drop();
    },
  };
}
