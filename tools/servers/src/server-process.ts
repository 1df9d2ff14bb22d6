import { type ChildProcess, spawn } from 'node:child_process';

import { LogBuffer } from './log-buffer.js';
import type { Reaper } from './reaper.js';

/** How to start a program. */
export interface ServerProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Signal that ends it in good order. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  readonly reaper?: Reaper;
  readonly onLine?: (line: string) => void;
}

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One run of a program: its pid, its output and its end. */
export class ServerProcess {
  readonly exited: Promise<ProcessExit>;
  private readonly child: ChildProcess;
  private readonly log: LogBuffer;
  private exit: ProcessExit | undefined;
  private failure: Error | undefined;

  constructor(private readonly spec: ServerProcessSpec) {
    this.log = new LogBuffer(spec.onLine);
    this.child = spawn(spec.command, spec.args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...spec.env },
      // Its own session: the terminal's Ctrl-C reaches only the parent, which stops things in order.
      detached: true,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      ...(spec.gid === undefined ? {} : { gid: spec.gid }),
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => this.log.append(chunk));
    }
    this.exited = new Promise((resolve) => {
      const end = (exit: ProcessExit): void => {
        if (this.exit !== undefined) return;
        this.exit = exit;
        if (this.child.pid !== undefined) spec.reaper?.forget(this.child.pid);
        resolve(exit);
      };
      this.child.once('error', (error) => {
        this.failure = error;
        end({ code: null, signal: null });
      });
      this.child.once('exit', (code, signal) => end({ code, signal }));
    });
    this.child.once('close', () => this.log.end());
    if (this.child.pid !== undefined) spec.reaper?.watch(this.child.pid, spec.stopSignal === 'SIGINT' ? 'INT' : 'TERM');
  }

  get name(): string {
    return this.spec.name;
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.exit === undefined;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.isRunning) this.child.kill(signal);
  }

  /** Everything the process wrote, stdout and stderr as they came. */
  logs(): string {
    return this.log.text();
  }

  /** Asks the process to end; kills it after the grace. Tells whether it ended by itself. */
  async stop(graceMs = 15_000): Promise<{ readonly wasKilled: boolean }> {
    if (!this.isRunning) return { wasKilled: false };
    this.kill(this.spec.stopSignal ?? 'SIGTERM');
    let wasKilled = false;
    const timer = setTimeout(() => {
      wasKilled = true;
      this.kill('SIGKILL');
    }, graceMs);
    await this.exited;
    clearTimeout(timer);
    return { wasKilled };
  }

  /** One paragraph for an error message: how it ended and its last lines. */
  describe(lineCount = 40): string {
    const { exit, failure } = this;
    const state =
      failure !== undefined
        ? `could not be started: ${failure.message}`
        : exit === undefined
          ? `is running (pid ${this.pid})`
          : `ended with ${exit.signal ?? `code ${exit.code}`}`;
    return `${this.name} ${state}; its last lines:\n${this.log.tail(lineCount) || '(none)'}`;
  }
}
