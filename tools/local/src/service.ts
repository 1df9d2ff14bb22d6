import type { ServerProcess } from '@penstock/servers';

/** One long-running program of the stack, over all of its runs. */
export class Service {
  private current: ServerProcess | undefined;
  private startedAtMs = 0;

  /**
   * `launch` starts the program and resolves when it is ready; `graceMs` is what it gets between the signal
   * and SIGKILL.
   */
  constructor(
    readonly name: string,
    private readonly launch: () => Promise<ServerProcess>,
    private readonly graceMs: number,
  ) {}

  get process(): ServerProcess | undefined {
    return this.current;
  }

  /** How long the current run has lasted. */
  get uptimeMs(): number {
    return performance.now() - this.startedAtMs;
  }

  async start(): Promise<void> {
    this.startedAtMs = performance.now();
    this.current = await this.launch();
  }

  async stop(): Promise<{ readonly wasKilled: boolean }> {
    return (await this.current?.stop(this.graceMs)) ?? { wasKilled: false };
  }

  /** At once, whatever is lost in memory. */
  kill(): void {
    this.current?.kill('SIGKILL');
  }
}
