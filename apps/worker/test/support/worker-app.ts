import type { Clock } from '@penstock/domain';
import { type CreatedApp, createApp, createLogger, loadConfig, type Logger } from '@penstock/platform';
import { createTestDatabase, startTestRedis, type TestDatabase, type TestRedis } from '@penstock/testing';
import { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { appOptions } from '../../src/app-options.js';
import { WorkerConfig } from '../../src/config.js';
import { Reconciler } from '../../src/reconciliation/reconciler.js';
import { AdmissionStore } from '@penstock/platform';

/** What seals secrets in tests. */
export const ENCRYPTION_KEYS = `1:${Buffer.alloc(32, 7).toString('base64')}`;
/** Longer than any test: what the clock would do, tests do by hand. */
const NEVER_MS = 3_600_000;

/** The whole worker in this process, with a database and a Redis of its own. */
export interface WorkerApp {
  readonly created: CreatedApp;
  readonly database: TestDatabase;
  readonly redisServer: TestRedis;
  readonly redis: Redis;
  readonly db: DataSource;
  readonly reconciler: Reconciler;
  get<T>(service: abstract new (...args: never[]) => T): T;
  stop(): Promise<void>;
}

/** Starts a worker; `env` over settings that keep its periodic tasks from running by themselves. */
export async function startWorker(env: Readonly<Record<string, string>> = {}, clock?: Clock): Promise<WorkerApp> {
  const database = await createTestDatabase();
  const redisServer = await startTestRedis();
  const created = await createWorker(
    { DATABASE_URL: database.url, REDIS_URL: redisServer.url, ...env },
    undefined,
    clock,
  );
  const redis = new Redis(redisServer.url);
  const db = created.app.get(DataSource);
  return {
    created,
    database,
    redisServer,
    redis,
    db,
    reconciler: new Reconciler(redis, new AdmissionStore(redis, { deadlineMs: 5_000 }), db, 30),
    get: (service) => created.app.get(service),
    stop: async () => {
      redis.disconnect();
      await created.leave();
      await redisServer.stop();
      await database.drop();
    },
  };
}

/** Another worker on given stores. */
export function createWorker(
  env: Readonly<Record<string, string>>,
  logger: Logger = createLogger('worker-test', { level: 'silent' }),
  clock?: Clock,
): Promise<CreatedApp> {
  const config = loadConfig(WorkerConfig, {
    PENSTOCK_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
    PENSTOCK_SWEEP_INTERVAL_MS: String(NEVER_MS),
    PENSTOCK_OWNER_GRACE_MS: '0',
    PENSTOCK_RELAY_INTERVAL_MS: String(NEVER_MS),
    PENSTOCK_PRUNE_INTERVAL_MS: String(NEVER_MS),
    PENSTOCK_BUDGET_WATCH_INTERVAL_MS: String(NEVER_MS),
    PENSTOCK_WEBHOOK_INTERVAL_MS: String(NEVER_MS),
    PENSTOCK_CREDIT_UPKEEP_INTERVAL_MS: String(NEVER_MS),
    ...env,
  });
  return createApp({ ...appOptions, config, logger, ...(clock === undefined ? {} : { clock }) });
}
