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
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly queue: Queue<UsageRecordJob>,
    private readonly options: UsageQueueOptions,
  ) {}

  /** Announces one settled call. */
  add(tenantId: string, id: string): void {
    if (this.waitingCount >= WAITING_MAX) return;
    const ids = this.waiting.get(tenantId);
    if (ids === undefined) this.waiting.set(tenantId, [id]);
    else ids.push(id);
    this.waitingCount += 1;
    if (this.waitingCount >= this.options.batchMax) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), this.options.flushMs);
  }

  /** Sends what waits now; resolves when Redis has it or has refused it (then it stays and is tried again). */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waitingCount === 0) return this.sending;
    const batches = this.take();
    this.sending = Promise.all([this.sending, this.send(batches)]).then(() => undefined);
    return this.sending;
  }

  private take(): UsageRecordBatch[] {
    const batches: UsageRecordBatch[] = [];
    for (const [tenantId, ids] of this.waiting) {
      for (let from = 0; from < ids.length; from += this.options.batchMax) {
        batches.push({ tenantId, ids: ids.slice(from, from + this.options.batchMax) });
      }
    }
    this.waiting = new Map();
    this.waitingCount = 0;
    return batches;
  }

  private async send(batches: UsageRecordBatch[]): Promise<void> {
    try {
      await this.queue.add(USAGE_RECORD_QUEUE, { schemaVersion: 1, batches });
    } catch (error) {
      this.options.onError(error);
      for (const { tenantId, ids } of batches) for (const id of ids) this.add(tenantId, id);
    }
  }
}
