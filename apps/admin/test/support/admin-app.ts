import { Module, type Type } from '@nestjs/common';
import { type CreatedApp, createApp, createLogger, KeyHasher, loadConfig } from '@penstock/platform';
import { ChaosProxy, createTestDatabase, startTestRedis, TestClock, type TestRedis } from '@penstock/testing';
import request from 'supertest';
import { DataSource } from 'typeorm';

import { appOptions } from '../../src/app-options.js';
import { AdminConfig } from '../../src/config.js';

export const MASTER_KEY = 'master-key-of-the-test';
export const TOKEN_SECRETS = `1:${Buffer.alloc(32, 9).toString('base64')}`;
export const HASH_SECRET = 'hash-secret-of-the-test';
export const ENCRYPTION_KEYS = `1:${Buffer.alloc(32, 7).toString('base64')}`;

/** Anything that JSON can hold; tests look into it freely. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
}

type Verb = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One process of the service. */
export interface AdminProcess {
  /** A call as the operator, unless other headers are given; a text body is sent as it is. */
  call(method: Verb, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

/** The whole service in this process, with a database and a Redis of its own. */
export interface AdminApp extends AdminProcess {
  readonly clock: TestClock;
  readonly db: DataSource;
  readonly databaseUrl: string;
  readonly redisServer: TestRedis;
  /** The network between the service and its database. */
  readonly network: ChaosProxy;
  /** The network between the service and its Redis. */
  readonly redisNetwork: ChaosProxy;
  /** Every route of the service. */
  routes(): { method: string; url: string }[];
  /** A service of the app, for what no route tells. */
  service<T>(type: Type<T>): T;
  /** Another process of the same service, on the same stores; stopped by the caller, before this one. */
  startReplica(options?: ReplicaOptions): Promise<AdminProcess>;
  /** The look-up form of a virtual key. */
  hashOf(keyValue: string): string;
  /** Listens on a free port and says where. */
  listen(): Promise<string>;
}

/** How a service of a test is started. */
export interface AdminOptions {
  /** Over the settings of every test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Routes that only the test has. */
  readonly controllers?: readonly Type[];
}

/** Settings of a second process, over those of the first. */
export interface ReplicaOptions {
  /** Its own way to Redis; the one of the first process when absent. */
  readonly redisUrl?: string;
}

/** Starts the service. */
export async function startAdmin({ env = {}, controllers = [] }: AdminOptions = {}): Promise<AdminApp> {
  const [database, redisServer] = await Promise.all([createTestDatabase(), startTestRedis()]);
  const network = await ChaosProxy.start(Number(new URL(database.url).port));
  const redisNetwork = await ChaosProxy.start(redisServer.port);
  const clock = new TestClock();
  const logger = createLogger('admin-test', { level: 'silent' });

  @Module({ imports: [appOptions.module], controllers: [...controllers] })
  class TestedModule {}

  const startProcess = async (redisUrl: string): Promise<CreatedApp> => {
    const config = loadConfig(AdminConfig, {
      DATABASE_URL: network.inPlaceOf(database.url),
      REDIS_URL: redisUrl,
      MASTER_KEY,
      PENSTOCK_TOKEN_SECRETS: TOKEN_SECRETS,
      PENSTOCK_KEY_HASH_SECRET: HASH_SECRET,
      PENSTOCK_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
      // Nobody answers there: calls of jobs are tried with whole stacks.
      PENSTOCK_GATEWAY_URL: 'http://127.0.0.1:9',
      PENSTOCK_SERVICE_TOKEN: 'service-token-of-the-test',
      ...env,
    });
    const created = await createApp({ ...appOptions, module: TestedModule, config, clock, logger });
    await created.app.getHttpAdapter().getInstance().ready();
    return created;
  };
  const created = await startProcess(redisNetwork.inPlaceOf(redisServer.url));
  const hasher = new KeyHasher(HASH_SECRET);
  return {
    clock,
    db: created.app.get(DataSource),
    databaseUrl: database.url,
    redisServer,
    network,
    redisNetwork,
    routes: () => created.routes.all(),
    service: (type) => created.app.get(type, { strict: false }),
    call: callOf(created),
    startReplica: async ({ redisUrl = redisNetwork.inPlaceOf(redisServer.url) } = {}) => {
      const replica = await startProcess(redisUrl);
      return { call: callOf(replica), stop: () => replica.leave() };
    },
    hashOf: (keyValue) => hasher.hash(keyValue),
    listen: async () => {
      await created.app.listen(0, '127.0.0.1');
      return created.app.getUrl();
    },
    stop: async () => {
      await created.leave();
      await network.close();
      await redisNetwork.close();
      await redisServer.stop();
      await database.drop();
    },
  };
}

function callOf({ app }: CreatedApp): AdminProcess['call'] {
  return async (method, path, body, headers = { 'x-admin-key': MASTER_KEY }) => {
    const verb = method.toLowerCase() as Lowercase<Verb>;
    const pending = request(app.getHttpServer())[verb](path).set(headers);
    if (body !== undefined) {
      pending.set('content-type', 'application/json').send(typeof body === 'string' ? body : JSON.stringify(body));
    }
    const answer = await pending;
    return { status: answer.status, body: answer.body, headers: answer.headers };
  };
}
