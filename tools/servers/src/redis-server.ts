import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';

import { freePort } from './free-port.js';
import type { Reaper } from './reaper.js';
import { ServerProcess } from './server-process.js';
import { ServerStartError } from './server-start-error.js';
import { findProgram } from './service-account.js';
import { waitUntil } from './wait-until.js';

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
    this.current = new ServerProcess({
      name: 'redis',
      command: this.program,
      args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      ...(reaper === undefined ? {} : { reaper }),
      ...(onLine === undefined ? {} : { onLine }),
    });
    const server = this.current;
    try {
      await waitUntil(async () => !server.isRunning || (await isAnswering(this.port)), {
        what: `redis-server on port ${this.port}`,
        timeoutMs: 60_000,
      });
    } catch (error) {
      await server.stop(0);
      throw error;
    }
    if (!server.isRunning) throw new ServerStartError(explain(server.logs(), dir, this.port), server.describe());
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

/** True when PING is answered; while the append-only file is read the answer is an error. */
async function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const finish = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(1_000, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
  });
}
