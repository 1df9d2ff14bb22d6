import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CREDIT_UPKEEP_QUEUE } from '@penstock/dto';
import { LOGGER, type Logger } from '@penstock/platform';
import type { Queue } from 'bullmq';

import { WorkerConfig } from '../config.js';
import { PeriodicTasks } from '../scheduling/periodic-tasks.js';

/** One schedule for all workers, which BullMQ keeps in Redis. */
const SCHEDULER_ID = 'credit-upkeep';
/** Redis may have been emptied: the schedule is looked for now and then. */
const CHECK_INTERVAL_MS = 60_000;

/** Keeps the schedule by which a worker sees to the credits that are due. */
@Injectable()
export class CreditSchedule implements OnApplicationBootstrap {
  constructor(
    @InjectQueue(CREDIT_UPKEEP_QUEUE) private readonly queue: Queue,
    private readonly config: WorkerConfig,
    private readonly tasks: PeriodicTasks,
    @Inject(LOGGER) logger: Logger,
  ) {
    // Without a listener, BullMQ prints to the console; the connection logs its own state.
    queue.on('error', (error) => logger.debug({ queue: queue.name, err: error }, 'the queue reports an error'));
  }

  onApplicationBootstrap(): void {
    this.tasks.start('credit-schedule', CHECK_INTERVAL_MS, () => this.ensure());
  }

  /** Several workers at once make the same schedule. */
  async ensure(): Promise<void> {
    const every = this.config.PENSTOCK_CREDIT_UPKEEP_INTERVAL_MS;
    const known = await this.queue.getJobScheduler(SCHEDULER_ID);
    if (known?.every === every) return;
    await this.queue.upsertJobScheduler(
      SCHEDULER_ID,
      { every },
      { name: CREDIT_UPKEEP_QUEUE, data: {}, opts: { removeOnComplete: true, removeOnFail: { count: 100 } } },
    );
  }
}
