import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, Shutdown } from '@penstock/platform';

import { WorkerEvents } from '../worker-events.js';
import { PeriodicTask } from './periodic-task.js';

/** Runs periodic tasks until the process is told to end. */
@Injectable()
export class PeriodicTasks {
  constructor(
    private readonly events: WorkerEvents,
    private readonly shutdown: Shutdown,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The first run begins at once; the task must be safe to run in several workers at once. */
  start(name: string, intervalMs: number, run: () => Promise<unknown>): void {
    const onRan = (task: string, result: 'ok' | 'failed'): void => this.events.taskRan(task, result);
    const task = new PeriodicTask({ name, intervalMs, run, onRan, logger: this.logger });
    this.shutdown.register('stop', `task ${name}`, () => task.stop());
    task.start();
  }
}
