import { type ProcessExit, type Reaper, ServerProcess, waitUntil } from '@penstock/servers';

/** One application process of a stack. */
export interface StackProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  readonly reaper: Reaper;
}

const HEALTH_TIMEOUT_MS = 30_000;
const TAIL_LINES = 40;

/** A real process of Penstock that a test may kill, stop and start again on the same port. */
export class StackProcess {
  private current: ServerProcess | undefined;
  private readonly earlierLogs: string[] = [];
  private extraEnv: Readonly<Record<string, string>> = {};

  constructor(private readonly spec: StackProcessSpec) {}

  get name(): string {
    return this.spec.name;
  }

  get port(): number {
    return this.spec.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.spec.port}`;
  }

  get pid(): number {
    return this.running.pid;
  }

  get isRunning(): boolean {
    return this.current?.isRunning ?? false;
  }

  /** How the current run ended, once it has. */
  get exited(): Promise<ProcessExit> {
    return this.running.exited;
  }

  /** Starts the process without waiting for it. */
  launch(): void {
    if (this.isRunning) throw new Error(`${this.name} is running already`);
    if (this.current !== undefined) this.earlierLogs.push(this.current.logs());
    const { name, command, args, env, reaper } = this.spec;
    this.current = new ServerProcess({ name, command, args, env: { ...env, ...this.extraEnv }, reaper });
  }

  /** Waits for GET /health to answer 200; fails at once, with the last log lines, when the process ends. */
  async waitUntilHealthy(timeoutMs = HEALTH_TIMEOUT_MS): Promise<void> {
    const { running } = this;
    try {
      await waitUntil(async () => !running.isRunning || (await this.isHealthy()), {
        what: `GET ${this.url}/health to answer 200`,
        timeoutMs,
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${reason}\n${running.describe(TAIL_LINES)}`, { cause });
    }
    if (!running.isRunning) throw new Error(`no health: ${running.describe(TAIL_LINES)}`);
  }

  /** Sends a signal, SIGKILL unless told otherwise, and resolves when the process has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ProcessExit> {
    this.running.kill(signal);
    return this.exited;
  }

  /** Sends a signal without waiting. */
  signal(signal: NodeJS.Signals): void {
    this.running.kill(signal);
  }

  /** SIGTERM, and SIGKILL after the grace. */
  async stop(graceMs?: number): Promise<{ readonly wasKilled: boolean }> {
    return this.current?.stop(graceMs) ?? { wasKilled: false };
  }

  /** Stops the process if it runs and starts it again, with changes to its environment if given. */
  async restart(env?: Readonly<Record<string, string>>): Promise<void> {
    await this.stop();
    if (env !== undefined) this.extraEnv = { ...this.extraEnv, ...env };
    this.launch();
    await this.waitUntilHealthy();
  }

  /** Output of all runs. */
  logs(): string {
    return [...this.earlierLogs, this.current?.logs() ?? ''].join('\n');
  }

  private get running(): ServerProcess {
    if (this.current === undefined) throw new Error(`${this.name} was never started`);
    return this.current;
  }

  private async isHealthy(): Promise<boolean> {
    const response = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  }
}
