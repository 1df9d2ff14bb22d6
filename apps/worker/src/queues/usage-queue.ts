import { createHash } from 'node:crypto';

import { InjectQueue } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { USAGE_RECORD_QUEUE, type UsageRecordBatch, type UsageRecordJob } from '@penstock/dto';
import { LOGGER, type Logger } from '@penstock/platform';
import type { JobsOptions, Queue } from 'bullmq';

/** Outbox entries named by one job of the worker's own. */
const JOB_IDS_MAX = 256;

/** A job that failed for good is no loss: what it names stays in the outbox until a later job accounts for it. */
const JOB_OPTIONS: JobsOptions = {
  attempts: 10,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: { count: 1_000 },
};

/**
 * How long a job that names the same entries is not added again. Longer, and a job whose worker was killed would
 * hold up its entries until BullMQ notices; shorter, and an outage would fill Redis with copies.
 */
const DEDUPLICATION_MS = 15_000;

/** Puts outbox entries into the queue again that nobody seems to work on. */
@Injectable()
export class UsageQueue {
  constructor(
    @InjectQueue(USAGE_RECORD_QUEUE) private readonly queue: Queue<UsageRecordJob>,
    @Inject(LOGGER) logger: Logger,
  ) {
    // Without a listener, BullMQ prints to the console; the connection logs its own state.
    queue.on('error', (error) => logger.debug({ queue: queue.name, err: error }, 'the queue reports an error'));
  }

  /**
   * Adds jobs for these entries, unless one that names the same entries was added a moment ago.
   */
  async enqueue(entries: readonly UsageRecordBatch[]): Promise<void> {
    const jobs = groupIntoJobs(entries, JOB_IDS_MAX).map((batches) => ({
      name: USAGE_RECORD_QUEUE,
      data: { schemaVersion: 1 as const, batches },
      opts: { ...JOB_OPTIONS, deduplication: { id: deduplicationId(batches), ttl: DEDUPLICATION_MS } },
    }));
    if (jobs.length > 0) await this.queue.addBulk(jobs);
  }
}

/** Packs entries into jobs of at most `idsMax` ids, the same way whatever order they were found in. */
export function groupIntoJobs(entries: readonly UsageRecordBatch[], idsMax: number): UsageRecordBatch[][] {
  const jobs: UsageRecordBatch[][] = [];
  let current: UsageRecordBatch[] = [];
  let room = idsMax;
  for (const { tenantId, ids } of entries.toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1))) {
    const sorted = ids.toSorted();
    for (let start = 0; start < sorted.length;) {
      const part = sorted.slice(start, start + room);
      current.push({ tenantId, ids: part });
      start += part.length;
      room -= part.length;
      if (room === 0) {
        jobs.push(current);
        current = [];
        room = idsMax;
      }
    }
  }
  if (current.length > 0) jobs.push(current);
  return jobs;
}

function deduplicationId(batches: readonly UsageRecordBatch[]): string {
  const hash = createHash('sha256');
  for (const { tenantId, ids } of batches) hash.update(`${tenantId},${ids.join(',')};`);
  return hash.digest('hex').slice(0, 32);
}
