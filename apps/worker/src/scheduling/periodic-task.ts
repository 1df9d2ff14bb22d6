import type { Logger } from '@penstock/platform';

/** What a periodic task is and whom it tells. */
export interface PeriodicTaskOptions {
  readonly name: string;
  /** From the end of one run to the start of the next: a slow run never overlaps itself. */
  readonly intervalMs: number;
  readonly run: () => Promise<unknown>;
  readonly onRan: (task: string, result: 'ok' | 'failed') => void;
  readonly logger: Logger;
}

/** Runs something again and again, whatever it throws, until it is stopped. */
export class PeriodicTask {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopped = false;
  private hasFailed = false;

  constructor(private readonly options: PeriodicTaskOptions) {}

  /** The first run begins at once. */
  start(): void {
    this.tick();
  }

  /** Begins no further run and waits for the one under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private tick(): void {
    if (this.isStopped) return;
    this.running = this.runOnce().finally(() => {
      this.running = undefined;
      if (!this.isStopped) this.timer = setTimeout(() => this.tick(), this.options.intervalMs);
    });
  }

  private async runOnce(): Promise<void> {
    const { name, run, onRan, logger } = this.options;
    try {
      await run();
      if (this.hasFailed) logger.info({ task: name }, 'a periodic task works again');
      this.hasFailed = false;
      onRan(name, 'ok');
    } catch (error) {
      // Said once per outage: the store that is away is in every line of the health log already.
      if (!this.hasFailed) logger.warn({ task: name, err: error }, 'a periodic task fails, it will be tried again');
      this.hasFailed = true;
      onRan(name, 'failed');
    }
  }
}
