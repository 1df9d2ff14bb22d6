import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { USAGE_RECORD_QUEUE } from '@penstock/dto';
import { LOGGER, type Logger } from '@penstock/platform';
import { type Job, UnrecoverableError } from 'bullmq';

import { WorkerEvents } from '../worker-events.js';
import { InvalidUsageJobError, parseUsageJob } from './parse-usage-job.js';
import { UsageRecorder } from './usage-recorder.js';

/** Consumes `usage-record` jobs. Started by {@link QueueRunner} once every queue is known to have its processor. */
@Processor(USAGE_RECORD_QUEUE, { autorun: false, lockDuration: 15_000, stalledInterval: 10_000, maxStalledCount: 10 })
export class UsageRecordProcessor extends WorkerHost {
  constructor(
    private readonly recorder: UsageRecorder,
    private readonly events: WorkerEvents,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  async process(job: Pick<Job<unknown>, 'data'>): Promise<void> {
    try {
      await this.recorder.record(parseUsageJob(job.data).batches);
    } catch (error) {
      if (error instanceof InvalidUsageJobError) throw new UnrecoverableError(error.message);
      throw error;
    }
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    const isFinal = job?.finishedOn !== undefined;
    this.events.jobFailed(USAGE_RECORD_QUEUE, isFinal);
    const fields = { queue: USAGE_RECORD_QUEUE, jobId: job?.id, attempt: job?.attemptsMade, err: error };
    // What a failed job names stays in the outbox, and the sweeper puts it into a new one.
    if (isFinal) this.logger.error(fields, 'a job failed for good');
    else this.logger.warn(fields, 'a job failed, it will be tried again');
  }

  /** Without a listener, BullMQ's connection errors would end the process; the connection logs its own state. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.debug({ queue: USAGE_RECORD_QUEUE, err: error }, 'the queue connection reports an error');
  }
}
