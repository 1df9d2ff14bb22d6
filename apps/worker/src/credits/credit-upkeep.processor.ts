import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { CREDIT_UPKEEP_QUEUE } from '@penstock/dto';
import { LOGGER, type Logger } from '@penstock/platform';
import type { Job } from 'bullmq';

import { WorkerEvents } from '../worker-events.js';
import { CreditUpkeep } from './credit-upkeep.js';

/** Consumes `credit-upkeep` jobs: one worker of all gets each. */
@Processor(CREDIT_UPKEEP_QUEUE, { autorun: false, lockDuration: 60_000, stalledInterval: 30_000, maxStalledCount: 1 })
export class CreditUpkeepProcessor extends WorkerHost {
  constructor(
    private readonly upkeep: CreditUpkeep,
    private readonly events: WorkerEvents,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  async process(): Promise<void> {
    await this.upkeep.run();
    this.events.taskRan(CREDIT_UPKEEP_QUEUE, 'ok');
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    this.events.taskRan(CREDIT_UPKEEP_QUEUE, 'failed');
    // The next one of the schedule does what this one has left.
    this.logger.warn({ queue: CREDIT_UPKEEP_QUEUE, jobId: job?.id, err: error }, 'credits could not be seen to');
  }

  /** Without a listener, BullMQ's connection errors would end the process; the connection logs its own state. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.debug({ queue: CREDIT_UPKEEP_QUEUE, err: error }, 'the queue connection reports an error');
  }
}
