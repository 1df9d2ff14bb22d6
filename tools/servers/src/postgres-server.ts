import path from 'node:path';

import pg from 'pg';

import { freePort } from './free-port.js';
import { postgresBinaries } from './postgres-binaries.js';
import { clearStaleServer, dataFolder, ensureCluster, moveAwayAdvice } from './postgres-data.js';
import type { Reaper } from './reaper.js';
import { ServerProcess } from './server-process.js';
import { ServerStartError } from './server-start-error.js';
import { postgresAccount } from './service-account.js';

/** How to start a PostgreSQL server. */
export interface PostgresOptions {
  readonly dataDir: string;
  /** A free one when absent. */
  readonly port?: number;
  /** Password of the superuser at the creation of the cluster; without one every local connection is trusted. */
  readonly password?: string;
  /** `throwaway` gives up durability for speed: for tests only. */
  readonly durability?: 'full' | 'throwaway';
  /** Libraries that can only be loaded at the start, such as `pg_stat_statements`. */
  readonly preloadLibraries?: readonly string[];
  readonly reaper?: Reaper;
  readonly onLine?: (line: string) => void;
}

const THROWAWAY = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off'];

/** A running PostgreSQL server. */
export class PostgresServer {
  private constructor(
    readonly process: ServerProcess,
    readonly port: number,
    /** Where the files really are. */
    readonly dataDir: string,
    private readonly password: string | undefined,
  ) {}

  /** Creates the cluster if needed and starts the server on the loopback interface. */
  static async start(options: PostgresOptions): Promise<PostgresServer> {
    const wanted = path.resolve(options.dataDir);
    const account = postgresAccount(wanted);
    const binaries = postgresBinaries(account);
    const folder = dataFolder(wanted, account);
    const dataDir = folder.path;
    await ensureCluster(folder, binaries, account, options.password);
    await clearStaleServer(dataDir);
    const port = options.port ?? (await freePort());
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=300',
      'lc_messages=C',
      'timezone=UTC',
      'log_timezone=UTC',
      ...(options.durability === 'throwaway' ? THROWAWAY : []),
      ...preloadSettings(options.preloadLibraries ?? []),
    ];
    let ready = (): void => undefined;
    const isReady = new Promise<true>((resolve) => {
      ready = () => resolve(true);
    });
    const server = new ServerProcess({
      name: 'postgres',
      command: binaries.postgres,
      args: ['-D', dataDir, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      cwd: dataDir,
      // SIGTERM would wait for every client to leave.
      stopSignal: 'SIGINT',
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
      ...(options.reaper === undefined ? {} : { reaper: options.reaper }),
      onLine: (line) => {
        if (line.includes('database system is ready to accept connections')) ready();
        options.onLine?.(line);
      },
    });
    if ((await Promise.race([isReady, server.exited])) !== true) {
      throw new ServerStartError(explain(server.logs(), folder.shownAs, port), server.describe());
    }
    return new PostgresServer(server, port, dataDir, options.password);
  }

  /** Connection URL of one database. */
  url(database = 'postgres'): string {
    const credentials = this.password === undefined ? 'postgres' : `postgres:${encodeURIComponent(this.password)}`;
    return `postgres://${credentials}@127.0.0.1:${this.port}/${database}`;
  }

  /** Creates the database unless it exists. */
  async ensureDatabase(name: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url() });
    await client.connect();
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    } finally {
      await client.end();
    }
  }

  async stop(graceMs = 30_000): Promise<void> {
    await this.process.stop(graceMs);
  }
}

/** Nothing to load leaves what the cluster's own configuration says. */
function preloadSettings(libraries: readonly string[]): string[] {
  return libraries.length === 0 ? [] : [`shared_preload_libraries=${libraries.join(',')}`];
}

function explain(log: string, dataDir: string, port: number): string {
  if (/could not bind|Address already in use/.test(log))
    return `PostgreSQL could not use port ${port}: something else listens there.`;
  const fatal = /(?:FATAL|PANIC): {2}(.*)/.exec(log)?.[1] ?? /(?:^|\n)\S*postgres: (.*)/.exec(log)?.[1];
  return `PostgreSQL cannot use its data folder ${dataDir}${fatal === undefined ? '' : ` (${fatal})`}: ${moveAwayAdvice(dataDir)}.`;
}
