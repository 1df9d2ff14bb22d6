import { USAGE_RECORD_QUEUE, type UsageRecordBatch, type UsageRecordJob } from '@penstock/dto';
import type { Queue } from 'bullmq';

/** Settings of the {@link UsageQueue}. */
export interface UsageQueueOptions {
  /** Longest time that a settled call waits for company. */
  readonly flushMs: number;
  /** Calls in one job. */
  readonly batchMax: number;
  readonly onError: (error: unknown) => void;
}

/** Pause after Redis refused a job: longer than the flush, so that an outage costs no CPU. */
const RETRY_MS = 500;

/** Ids kept while Redis does not take jobs; beyond, the sweeper finds the records in the outbox by itself. */
const WAITING_MAX = 100_000;

/**
 * Tells the worker, in micro-batches, which outbox entries are waiting. Losing what is in memory here loses
 * nothing: the records are in Redis already and the sweeper announces entries that nobody did.
 */
export class UsageQueue {
  private waiting = new Map<string, string[]>();
  private waitingCount = 0;
  private timer: NodeJS.Timeout | undefined;
  private isRefused = false;
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly queue: Queue<UsageRecordJob>,
    private readonly options: UsageQueueOptions,
  ) {}

  /** Announces one settled call. */
  add(tenantId: string, id: string): void {
    this.keep(tenantId, id);
    // While Redis refuses jobs the pause must hold, however many calls are waiting.
    if (this.waitingCount >= this.options.batchMax && !this.isRefused) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), this.isRefused ? RETRY_MS : this.options.flushMs);
  }

  /** Sends what waits now; resolves when Redis has it or has refused it (then it stays and is tried again). */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waitingCount === 0) return this.sending;
    const jobs = this.take();
    this.sending = Promise.all([this.sending, ...jobs.map((batches) => this.send(batches))]).then(() => undefined);
    return this.sending;
  }

  private keep(tenantId: string, id: string): void {
    if (this.waitingCount >= WAITING_MAX) return;
    const ids = this.waiting.get(tenantId);
    if (ids === undefined) this.waiting.set(tenantId, [id]);
    else ids.push(id);
    this.waitingCount += 1;
  }

  /** Everything that waits, as the batches of jobs that each name at most `batchMax` calls. */
  private take(): UsageRecordBatch[][] {
    const jobs: UsageRecordBatch[][] = [];
    let room = 0;
    for (const [tenantId, ids] of this.waiting) {
      for (let from = 0; from < ids.length;) {
        if (room === 0) {
          jobs.push([]);
          room = this.options.batchMax;
        }
        const part = ids.slice(from, from + room);
        jobs.at(-1)!.push({ tenantId, ids: part });
        from += part.length;
        room -= part.length;
      }
    }
    this.waiting = new Map();
    this.waitingCount = 0;
    return jobs;
  }

  private async send(batches: UsageRecordBatch[]): Promise<void> {
    try {
      await this.queue.add(USAGE_RECORD_QUEUE, { schemaVersion: 1, batches });
      this.isRefused = false;
    } catch (error) {
      this.isRefused = true;
      this.options.onError(error);
      for (const { tenantId, ids } of batches) for (const id of ids) this.keep(tenantId, id);
      this.timer ??= setTimeout(() => void this.flush(), RETRY_MS);
    }
  }
}
