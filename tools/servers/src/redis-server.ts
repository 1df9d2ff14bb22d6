import { mkdirSync } from 'node:fs';

import { freePort } from './free-port.js';
import type { Reaper } from './reaper.js';
import { ServerProcess } from './server-process.js';
import { ServerStartError } from './server-start-error.js';
import { findProgram } from './service-account.js';

/** How to start a redis-server. */
export interface RedisOptions {
  readonly dir: string;
  /** A free one when absent. */
  readonly port?: number;
  /** Path of the program; looked up in PATH when absent. */
  readonly program?: string;
  /** Append-only file: what was answered survives a restart, also after kill -9. */
  readonly hasAppendOnlyFile?: boolean;
  readonly reaper?: Reaper;
  readonly onLine?: (line: string) => void;
}

/** Path of redis-server (or valkey-server), if the machine has one. */
export function findRedisServer(): string | undefined {
  const searchPath = process.env['PATH'] ?? '';
  return findProgram('redis-server', searchPath) ?? findProgram('valkey-server', searchPath);
}

/** A redis-server process that can be killed and started again on the same port with the same files. */
export class RedisServer {
  private current: ServerProcess | undefined;

  private constructor(
    private readonly program: string,
    readonly port: number,
    private readonly options: RedisOptions,
  ) {}

  /** Starts the server on the loopback interface and waits until it has read its files. */
  static async start(options: RedisOptions): Promise<RedisServer> {
    const program = options.program ?? findRedisServer();
    if (program === undefined) {
      throw new ServerStartError(
        'redis-server was not found in PATH: install it (apt-get install redis-server, brew install redis).',
      );
    }
    mkdirSync(options.dir, { recursive: true });
    const server = new RedisServer(program, options.port ?? (await freePort()), options);
    await server.launch();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get process(): ServerProcess {
    if (this.current === undefined) throw new Error('redis-server was never started');
    return this.current;
  }

  /** Ends the process at once, as a crash would; resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.process.kill(signal);
    await this.process.exited;
  }

  /** Stops the process if it runs and starts it on the same port and files. */
  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }

  /** SIGTERM: Redis writes what it has and ends. */
  async stop(graceMs = 15_000): Promise<void> {
    await this.process.stop(graceMs);
  }

  private async launch(): Promise<void> {
    const { dir, hasAppendOnlyFile = false, reaper, onLine } = this.options;
    const settings: Record<string, string> = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir,
      save: '',
      appendonly: hasAppendOnlyFile ? 'yes' : 'no',
      appendfsync: 'everysec',
      // BullMQ and the counters must never be evicted.
      'maxmemory-policy': 'noeviction',
      daemonize: 'no',
    };
    let ready = (): void => undefined;
    const isReady = new Promise<true>((resolve) => {
      ready = () => resolve(true);
    });
    const server = new ServerProcess({
      name: 'redis',
      command: this.program,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      ...(reaper === undefined ? {} : { reaper }),
      onLine: (line) => {
        // Its own word, not a PING: another server on the port would answer that.
        if (line.includes('Ready to accept connections')) ready();
        onLine?.(line);
      },
    });
    this.current = server;
    if ((await Promise.race([isReady, server.exited])) !== true) {
      throw new ServerStartError(explain(server.logs(), dir, this.port), server.describe());
    }
  }
}

function explain(log: string, dir: string, port: number): string {
  if (log.includes('Address already in use')) return `Redis could not use port ${port}: something else listens there.`;
  const reason = /# (.*(?:Bad file format|Fatal|Can't|unable|Failed|wrong).*)/i.exec(log)?.[1];
  return (
    `Redis cannot use its data folder ${dir}${reason === undefined ? '' : ` (${reason.trim()})`}: repair it with redis-check-aof --fix, ` +
    `or move it away (mv ${dir} ${dir}.broken); the ledger in PostgreSQL stays and Redis is rebuilt from it.`
  );
}
