import path from 'node:path';

import { freePort, isPortFree, PostgresServer, type Reaper, RedisServer, ServerStartError } from '@penstock/servers';
import { Redis } from 'ioredis';
import pg from 'pg';

import type { LocalConfig } from './config.js';
import { ensureRedisProgram } from './redis-program.js';
import type { LocalSecrets } from './secrets.js';
import { Service } from './service.js';
import { StartError } from './start-error.js';

const DATABASE = 'penstock';
const STORE_GRACE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IMPORTANT_POSTGRES_LINE = /\b(WARNING|ERROR|FATAL|PANIC):/;
/** Clients that leave while the server stops. */
const POSTGRES_ROUTINE =
  /terminating connection due to administrator command|the database system is (starting up|shutting down)/;
const IMPORTANT_REDIS_LINE = / # /;
/** What Redis says with emphasis on every start and stop, and its advice about the machine. */
const REDIS_ROUTINE =
  /overcommit|Transparent Huge Pages|TCP backlog|oO0Oo|Redis version=|Configuration loaded|Server initialized|shutdown|bye bye/;

/** What the stores need from the stack. */
export interface StoreContext {
  readonly config: LocalConfig;
  readonly secrets: LocalSecrets;
  readonly reaper: Reaper;
  readonly print: (name: string, line: string) => void;
}

/** A store that answers: its URL, and the service when it is ours. */
export interface Store {
  readonly url: string;
  readonly service?: Service;
}

async function usablePort(preferred: number): Promise<number> {
  return (await isPortFree(preferred)) ? preferred : freePort();
}

/** The database of the environment, or a server of our own with its data in the local folder. */
export async function startPostgres({ config, secrets, reaper, print }: StoreContext): Promise<Store> {
  if (config.databaseUrl !== undefined) {
    await assertDatabaseAnswers(config.databaseUrl);
    return { url: config.databaseUrl };
  }
  const port = await usablePort(config.postgresPort);
  let server: PostgresServer | undefined;
  const service = new Service(
    'postgres',
    async () => {
      server = await PostgresServer.start({
        dataDir: path.join(config.localDir, 'postgres'),
        port,
        password: secrets.POSTGRES_PASSWORD,
        reaper,
        onLine: (line) => {
          if (IMPORTANT_POSTGRES_LINE.test(line) && !POSTGRES_ROUTINE.test(line)) print('postgres', line);
        },
      });
      return server.process;
    },
    STORE_GRACE_MS,
  );
  await service.start();
  try {
    await server?.ensureDatabase(DATABASE);
  } catch (error) {
    await service.stop();
    if ((error as { code?: unknown }).code !== '28P01') throw error;
    throw new StartError(
      `The database password in ${path.join(config.localDir, 'secrets.json')} is not the one of ${path.join(config.localDir, 'postgres')}: ` +
        `put back the file that belongs to it, or move ${config.localDir} away to start anew.`,
    );
  }
  return { url: server?.url(DATABASE) ?? '', service };
}

/** The Redis of the environment, or a server of our own with an append-only file in the local folder. */
export async function startRedis({ config, reaper, print }: StoreContext): Promise<Store> {
  if (config.redisUrl !== undefined) {
    await assertRedisAnswers(config.redisUrl);
    return { url: config.redisUrl };
  }
  const program = await ensureRedisProgram(config.env);
  const port = await usablePort(config.redisPort);
  const service = new Service(
    'redis',
    async () => {
      const server = await RedisServer.start({
        dir: path.join(config.localDir, 'redis'),
        port,
        program,
        hasAppendOnlyFile: true,
        reaper,
        onLine: (line) => {
          if (IMPORTANT_REDIS_LINE.test(line) && !REDIS_ROUTINE.test(line)) print('redis', line);
        },
      });
      return server.process;
    },
    STORE_GRACE_MS,
  );
  await service.start();
  return { url: `redis://127.0.0.1:${port}`, service };
}

async function assertDatabaseAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection that breaks after the error below must not end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } catch (error) {
    throw new StartError(
      `DATABASE_URL (${placeOf(url)}) does not answer (${messageOf(error)}): correct it, or unset it to use the built-in PostgreSQL.`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function assertRedisAnswers(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown;
  client.on('error', (error: unknown) => {
    reason = error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw new StartError(
      `REDIS_URL (${placeOf(url)}) does not answer (${messageOf(reason ?? error)}): correct it, or unset it to use a redis-server of this machine.`,
    );
  } finally {
    client.disconnect();
  }
}

/** Host and port; never the password. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'not a URL';
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error instanceof Error && error.message !== ''
    ? error.message
    : String((error as { code?: unknown }).code ?? error);
}

/** What a failed start says: our own sentence, or that of the server. */
export function toStartError(error: unknown): StartError {
  if (error instanceof StartError) return error;
  if (error instanceof ServerStartError) return new StartError(error.message, error.output);
  return new StartError(`The start failed: ${messageOf(error)}`, error instanceof Error ? (error.stack ?? '') : '');
}
