import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Reaper, RedisServer } from '@penstock/servers';

/** A Redis of one test file. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Ends the process at once (SIGKILL unless told otherwise) and resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and files. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  logs(): string;
}

/** Options of {@link startTestRedis}. */
export interface TestRedisOptions {
  /** Append-only file: data survives `kill` and `restart`. */
  readonly aof?: boolean;
  readonly port?: number;
}

/**
 * Starts a redis-server of its own. With PENSTOCK_TEST_REDIS_URL it uses a logical database of that server
 * instead, emptied first; killing and restarting is then refused.
 */
export async function startTestRedis({ aof = false, port }: TestRedisOptions = {}): Promise<TestRedis> {
  const given = process.env['PENSTOCK_TEST_REDIS_URL'];
  if (given !== undefined && given !== '') return useGivenRedis(given);
  const reaper = new Reaper();
  const folder = mkdtempSync(path.join(tmpdir(), 'penstock-redis-'));
  reaper.removeAfterwards(folder);
  const server = await RedisServer.start({
    dir: folder,
    hasAppendOnlyFile: aof,
    reaper,
    ...(port === undefined ? {} : { port }),
  });
  return {
    url: server.url,
    port: server.port,
    kill: (signal) => server.kill(signal),
    restart: () => server.restart(),
    logs: () => server.process.logs(),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
      await reaper.close();
    },
  };
}

const LOGICAL_DATABASES = 16;

async function useGivenRedis(given: string): Promise<TestRedis> {
  const url = new URL(given);
  const port = Number(url.port || 6379);
  const database = Number(process.env['JEST_WORKER_ID'] ?? 0) % LOGICAL_DATABASES;
  const password = decodeURIComponent(url.password);
  const auth = password === '' ? '' : `AUTH ${decodeURIComponent(url.username) || 'default'} ${password}\r\n`;
  url.pathname = `/${database}`;
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: url.hostname }, () => {
      socket.end(`${auth}SELECT ${database}\r\nFLUSHDB\r\nQUIT\r\n`);
    });
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
  });
  const refuse = (): Promise<never> =>
    Promise.reject(
      new Error('PENSTOCK_TEST_REDIS_URL is set: this test needs a Redis that it may kill; unset the variable'),
    );
  return { url: url.toString(), port, kill: refuse, restart: refuse, stop: () => Promise.resolve(), logs: () => '' };
}
