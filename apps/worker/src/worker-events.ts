import { Injectable } from '@nestjs/common';
import { Metrics } from '@penstock/platform';

import type { OutboxRecord } from './usage/parse-outbox-entry.js';

/** What the worker tells its operators: one method per event, none of which can fail. */
@Injectable()
export class WorkerEvents {
  private readonly records;
  private readonly batchSeconds;
  private readonly recordLagSeconds;
  private readonly heldEnded;
  private readonly requeued;
  private readonly outboxEntries;
  private readonly outboxOldestSeconds;
  private readonly taskRuns;
  private readonly jobsFailed;

  constructor(metrics: Metrics) {
    this.records = metrics.counter({
      name: 'penstock_worker_usage_records_total',
      help: 'Usage records by what became of them: new in the ledger, known already, or set aside as unreadable.',
      labelNames: ['result'],
    });
    this.batchSeconds = metrics.histogram({
      name: 'penstock_worker_ledger_transaction_seconds',
      help: 'Duration of one ledger transaction.',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    });
    this.recordLagSeconds = metrics.histogram({
      name: 'penstock_worker_ledger_lag_seconds',
      help: 'From the settlement of the oldest call of a transaction to its commit.',
      buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
    });
    this.heldEnded = metrics.counter({
      name: 'penstock_worker_holds_swept_total',
      help: 'Holds that the sweeper ended: charged at their estimate, released, or settled as the ledger says.',
      labelNames: ['result'],
    });
    this.requeued = metrics.counter({
      name: 'penstock_worker_outbox_requeued_total',
      help: 'Outbox entries that the sweeper put into the queue again.',
    });
    this.outboxEntries = metrics.gauge({
      name: 'penstock_worker_outbox_entries',
      help: 'Settled calls that PostgreSQL does not have yet.',
    });
    this.outboxOldestSeconds = metrics.gauge({
      name: 'penstock_worker_outbox_oldest_seconds',
      help: 'Age of the oldest settled call that PostgreSQL does not have yet.',
    });
    this.taskRuns = metrics.counter({
      name: 'penstock_worker_task_runs_total',
      help: 'Runs of the periodic tasks.',
      labelNames: ['task', 'result'],
    });
    this.jobsFailed = metrics.counter({
      name: 'penstock_worker_jobs_failed_total',
      help: 'Attempts of queue jobs that failed.',
      labelNames: ['queue', 'is_final'],
    });
  }

  usageRecorded(records: readonly OutboxRecord[], newCount: number, elapsedMs: number): void {
    this.records.inc({ result: 'new' }, newCount);
    this.records.inc({ result: 'known' }, records.length - newCount);
    this.batchSeconds.observe(elapsedMs / 1_000);
    let oldestMs = Infinity;
    for (const { record } of records) oldestMs = Math.min(oldestMs, record.settledAtMs);
    if (oldestMs !== Infinity) this.recordLagSeconds.observe(Math.max(0, Date.now() - oldestMs) / 1_000);
  }

  usageRejected(count: number): void {
    this.records.inc({ result: 'rejected' }, count);
  }

  holdsSwept(counts: { readonly charged: number; readonly released: number; readonly known: number }): void {
    this.heldEnded.inc({ result: 'charged' }, counts.charged);
    this.heldEnded.inc({ result: 'released' }, counts.released);
    this.heldEnded.inc({ result: 'known' }, counts.known);
  }

  outboxSeen(entries: number, oldestAgeMs: number, requeuedCount: number): void {
    this.outboxEntries.set(entries);
    this.outboxOldestSeconds.set(oldestAgeMs / 1_000);
    this.requeued.inc(requeuedCount);
  }

  taskRan(task: string, result: 'ok' | 'failed'): void {
    this.taskRuns.inc({ task, result });
  }

  jobFailed(queue: string, isFinal: boolean): void {
    this.jobsFailed.inc({ queue, is_final: String(isFinal) });
  }
}
