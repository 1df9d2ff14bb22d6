import { Inject, Injectable } from '@nestjs/common';
import { JobCallEntity } from '@penstock/entities';
import { LOGGER, type Logger, Shutdown } from '@penstock/platform';
import { DataSource, In } from 'typeorm';

/** How often this process says that its calls live. The sweeper takes a call for lost after many of these. */
const BEAT_MS = 5_000;

/**
 * The calls of jobs that this process makes. While it lives it says so in their rows; once it does not, the sweeper
 * ends them from what was accounted.
 */
@Injectable()
export class RunningCalls {
  private readonly callIds = new Set<string>();
  private readonly tasks = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
    shutdown: Shutdown,
  ) {
    this.timer = setInterval(() => void this.beat(), BEAT_MS);
    this.timer.unref();
    // Requests that were cut have become tasks by then: their calls are settled, not left to the sweeper.
    shutdown.register('flush', 'calls of jobs', async () => {
      await this.finished();
      clearInterval(this.timer);
    });
  }

  /** Keeps a call alive for as long as `work` lasts. */
  async during<T>(callId: string, work: () => Promise<T>): Promise<T> {
    this.callIds.add(callId);
    try {
      return await work();
    } finally {
      this.callIds.delete(callId);
    }
  }

  /** Goes on with work for which nobody waits any more. What fails is the sweeper's to repeat. */
  inBackground(what: string, work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) => {
        this.logger.warn({ err: error, task: what }, 'a call of a job could not be concluded, the sweeper will do it');
      })
      .finally(() => this.tasks.delete(task));
    this.tasks.add(task);
  }

  /** Resolves when no background work is left. */
  async finished(): Promise<void> {
    while (this.tasks.size > 0) await Promise.all(this.tasks);
  }

  private async beat(): Promise<void> {
    if (this.callIds.size === 0) return;
    try {
      await this.dataSource.manager.update(JobCallEntity, { callId: In([...this.callIds]) }, { seenAt: () => 'now()' });
    } catch (error) {
      this.logger.warn({ err: error }, 'running calls of jobs could not be marked as alive');
    }
  }
}
