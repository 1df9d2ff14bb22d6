import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePorts, NODE_FLAGS, Reaper } from '@penstock/servers';

import { StackProcess } from './stack-process.js';
import { startTestCluster, type TestCluster } from './test-cluster.js';
import { createTestDatabase, findClusterOfThisRun, type TestDatabase } from './test-database.js';
import { startTestRedis, type TestRedis } from './test-redis.js';

/** A program of the stack. */
export type StackApp = 'gateway' | 'governance' | 'admin' | 'worker' | 'simulator';

/** What to start; everything else gets a default. */
export interface StackOptions {
  /** Gateway processes; 1 unless told otherwise. */
  readonly gateways?: number;
  /** Worker processes; 1 unless told otherwise. */
  readonly workers?: number;
  readonly governance?: boolean;
  readonly admin?: boolean;
  /** Admin processes; 1 unless told otherwise. */
  readonly admins?: number;
  readonly simulator?: boolean;
  /** Redis with an append-only file: its data survives `redis.kill()` and `redis.restart()`. */
  readonly aof?: boolean;
  /** Environment of every process, over the defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environment of the processes of one app, over `env`. */
  readonly appEnv?: Readonly<Partial<Record<StackApp, Readonly<Record<string, string>>>>>;
  /** Words to put before the command of an app, such as `taskset -c 1`. */
  readonly launcher?: (app: StackApp, index: number) => readonly string[];
  /** Durability of PostgreSQL when the stack starts its own (outside Jest). */
  readonly durability?: 'full' | 'throwaway';
  /** Libraries that this PostgreSQL loads at its start. */
  readonly preloadLibraries?: readonly string[];
}

/** A running Penstock of real processes on free ports, with a database and a Redis of its own. */
export interface Stack {
  readonly gateways: readonly StackProcess[];
  readonly workers: readonly StackProcess[];
  readonly admins: readonly StackProcess[];
  readonly governance: StackProcess;
  readonly admin: StackProcess;
  readonly simulator: StackProcess;
  readonly gatewayUrls: readonly string[];
  readonly gatewayUrl: string;
  readonly workerUrl: string;
  readonly governanceUrl: string;
  readonly adminUrl: string;
  readonly simulatorUrl: string;
  readonly masterKey: string;
  readonly serviceToken: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly redis: TestRedis;
  /** Every process that was started. */
  readonly processes: readonly StackProcess[];
  /** Output of every process, under its name. */
  logs(): string;
  /** Stops everything; fails when a process had to be killed because it ignored SIGTERM. */
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Longer than an app's own drain and watchdog. */
const STOP_GRACE_MS = 40_000;
const PORT_VARIABLES: Readonly<Record<StackApp, string>> = {
  gateway: 'GATEWAY_PORT',
  governance: 'GOVERNANCE_PORT',
  admin: 'ADMIN_PORT',
  worker: 'WORKER_PORT',
  simulator: 'SIMULATOR_PORT',
};
/** Consumers before what they call. */
const STOP_ORDER: readonly StackApp[] = ['gateway', 'worker', 'admin', 'governance', 'simulator'];

interface Slot {
  readonly app: StackApp;
  readonly index: number;
  readonly name: string;
  readonly port: number;
}

/** Starts the built programs and waits until each answers GET /health with 200. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const slots = await planSlots(options);
  const reaper = new Reaper(2_000);
  const masterKey = `mk-test-${randomBytes(12).toString('hex')}`;
  const serviceToken = `st-test-${randomBytes(12).toString('hex')}`;
  const stores = await startStores(options);
  const portOf = (app: StackApp): number | undefined => slots.find((slot) => slot.app === app)?.port;
  const sharedEnv: Record<string, string | undefined> = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    TZ: 'UTC',
    NODE_ENV: 'production',
    DATABASE_URL: stores.database.url,
    REDIS_URL: stores.redis.url,
    MASTER_KEY: masterKey,
    PENSTOCK_TOKEN_SECRETS: `1:${randomBytes(32).toString('base64')}`,
    PENSTOCK_SERVICE_TOKEN: serviceToken,
    PENSTOCK_KEY_HASH_SECRET: randomBytes(32).toString('base64'),
    PENSTOCK_ENCRYPTION_KEYS: `1:${randomBytes(32).toString('base64')}`,
    PENSTOCK_HOST: '127.0.0.1',
    PENSTOCK_LOG_LEVEL: 'info',
    PENSTOCK_GOVERNANCE_URL: `http://127.0.0.1:${portOf('governance') ?? 9}`,
    PENSTOCK_ADMIN_URL: `http://127.0.0.1:${portOf('admin') ?? 9}`,
    PENSTOCK_GATEWAY_URL: `http://127.0.0.1:${portOf('gateway') ?? 9}`,
    OPENAI_BASE_URL: `http://127.0.0.1:${portOf('simulator') ?? 9}/v1`,
    OPENAI_API_KEY: 'sk-simulator',
    ...options.env,
  };
  const processes = slots.map((slot) => {
    const program = [process.execPath, ...NODE_FLAGS, mainOf(slot.app)];
    const [command = process.execPath, ...args] = [...(options.launcher?.(slot.app, slot.index) ?? []), ...program];
    const env: Record<string, string | undefined> = {
      ...sharedEnv,
      [PORT_VARIABLES[slot.app]]: String(slot.port),
      ...options.appEnv?.[slot.app],
    };
    // The gateway must do without the database; one that reads this by mistake shows at once.
    if (slot.app === 'gateway') delete env['DATABASE_URL'];
    return {
      app: slot.app,
      process: new StackProcess({ name: slot.name, command, args, env, port: slot.port, reaper }),
    };
  });
  const ofApp = (app: StackApp): StackProcess[] => processes.filter((one) => one.app === app).map((one) => one.process);

  const stop = async (): Promise<void> => {
    const stubborn: string[] = [];
    for (const app of STOP_ORDER) {
      await Promise.all(
        ofApp(app).map(async (one) => {
          const { wasKilled } = await one.stop(STOP_GRACE_MS);
          if (wasKilled)
            stubborn.push(`${one.name} ignored SIGTERM for ${STOP_GRACE_MS} ms; its log:\n${one.logs().slice(-4_000)}`);
        }),
      );
    }
    await stores.stop();
    await reaper.close();
    if (stubborn.length > 0) throw new Error(stubborn.join('\n'));
  };

  try {
    for (const { process: one } of processes) one.launch();
    await Promise.all(processes.map(({ process: one }) => one.waitUntilHealthy()));
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }

  const only = (app: StackApp): StackProcess => {
    const [first] = ofApp(app);
    if (first === undefined) throw new Error(`this stack was started without ${app}`);
    return first;
  };
  return {
    gateways: ofApp('gateway'),
    workers: ofApp('worker'),
    admins: ofApp('admin'),
    gatewayUrls: ofApp('gateway').map((one) => one.url),
    get governance() {
      return only('governance');
    },
    get admin() {
      return only('admin');
    },
    get simulator() {
      return only('simulator');
    },
    get gatewayUrl() {
      return only('gateway').url;
    },
    get workerUrl() {
      return only('worker').url;
    },
    get governanceUrl() {
      return only('governance').url;
    },
    get adminUrl() {
      return only('admin').url;
    },
    get simulatorUrl() {
      return only('simulator').url;
    },
    masterKey,
    serviceToken,
    databaseUrl: stores.database.url,
    redisUrl: stores.redis.url,
    redis: stores.redis,
    processes: processes.map((one) => one.process),
    logs: () => processes.map(({ process: one }) => `--- ${one.name}\n${one.logs()}`).join('\n'),
    stop,
  };
}

async function planSlots(options: StackOptions): Promise<Slot[]> {
  const counts: [StackApp, number][] = [
    ['simulator', (options.simulator ?? true) ? 1 : 0],
    ['governance', (options.governance ?? true) ? 1 : 0],
    ['admin', (options.admin ?? true) ? (options.admins ?? 1) : 0],
    ['worker', options.workers ?? 1],
    ['gateway', options.gateways ?? 1],
  ];
  const wanted = counts.flatMap(([app, count]) => Array.from({ length: count }, (_, index) => ({ app, index, count })));
  const ports = await freePorts(wanted.length);
  return wanted.map(({ app, index, count }, position) => {
    const port = ports[position];
    if (port === undefined) throw new Error('fewer ports than processes');
    return { app, index, port, name: count > 1 ? `${app}-${index + 1}` : app };
  });
}

function mainOf(app: StackApp): string {
  const folder = app === 'simulator' ? 'tools' : 'apps';
  const main = path.join(ROOT, folder, app, 'dist', 'main.js');
  if (!existsSync(main)) throw new Error(`${path.relative(ROOT, main)} is missing: build first (npm run build)`);
  return main;
}

async function startStores(
  options: StackOptions,
): Promise<{ readonly database: TestDatabase; readonly redis: TestRedis; stop(): Promise<void> }> {
  const shared = findClusterOfThisRun();
  const own: TestCluster | undefined =
    shared === undefined
      ? await startTestCluster({
          durability: options.durability ?? 'throwaway',
          preloadLibraries: options.preloadLibraries ?? [],
        })
      : undefined;
  const [database, redis] = await Promise.all([
    createTestDatabase(shared ?? own),
    startTestRedis({ aof: options.aof ?? false }),
  ]);
  return {
    database,
    redis,
    stop: async () => {
      await redis.stop();
      await database.drop();
      await own?.stop();
    },
  };
}
