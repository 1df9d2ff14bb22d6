import { type CreatedApp, createApp, createLogger, loadConfig } from '@penstock/platform';
import { ChaosProxy, createTestDatabase, TestClock, type TestDatabase } from '@penstock/testing';
import request from 'supertest';
import { DataSource } from 'typeorm';

import { appOptions } from '../../src/app-options.js';
import { AdminConfig } from '../../src/config.js';

export const MASTER_KEY = 'master-key-of-the-test';
export const TOKEN_SECRETS = `1:${Buffer.alloc(32, 9).toString('base64')}`;
export const HASH_SECRET = 'hash-secret-of-the-test';

/** Anything that JSON can hold; tests look into it freely. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
}

/** The whole service in this process, with a database of its own. */
export interface AdminApp {
  readonly clock: TestClock;
  readonly db: DataSource;
  /** The network between the service and its database. */
  readonly network: ChaosProxy;
  /** Every route of the service. */
  routes(): { method: string; url: string }[];
  /** A call as the operator, unless other headers are given; a text body is sent as it is. */
  call(
    method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Listens on a free port and says where. */
  listen(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the service. Its Redis is nowhere: organizations do without. */
export async function startAdmin(): Promise<AdminApp> {
  const database: TestDatabase = await createTestDatabase();
  const network = await ChaosProxy.start(Number(new URL(database.url).port));
  const clock = new TestClock();
  const config = loadConfig(AdminConfig, {
    DATABASE_URL: network.inPlaceOf(database.url),
    REDIS_URL: 'redis://127.0.0.1:1',
    MASTER_KEY,
    PENSTOCK_TOKEN_SECRETS: TOKEN_SECRETS,
    PENSTOCK_KEY_HASH_SECRET: HASH_SECRET,
  });
  const logger = createLogger('admin-test', { level: 'silent' });
  const created: CreatedApp = await createApp({ ...appOptions, config, clock, logger });
  await created.app.getHttpAdapter().getInstance().ready();
  return {
    clock,
    db: created.app.get(DataSource),
    network,
    routes: () => created.routes.all(),
    call: async (method, path, body, headers = { 'x-admin-key': MASTER_KEY }) => {
      const verb = method.toLowerCase() as 'get' | 'head' | 'post' | 'put' | 'delete';
      const pending = request(created.app.getHttpServer())[verb](path).set(headers);
      if (body !== undefined) {
        pending.set('content-type', 'application/json').send(typeof body === 'string' ? body : JSON.stringify(body));
      }
      const answer = await pending;
      return { status: answer.status, body: answer.body, headers: answer.headers };
    },
    listen: async () => {
      await created.app.listen(0, '127.0.0.1');
      return created.app.getUrl();
    },
    stop: async () => {
      await created.leave();
      await network.close();
      await database.drop();
    },
  };
}
