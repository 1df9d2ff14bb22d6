import { Inject, Injectable } from '@nestjs/common';
import type { UsageRecordBatch } from '@penstock/dto';
import { LOGGER, type Logger } from '@penstock/platform';
import { DataSource, QueryFailedError } from 'typeorm';

import { BudgetWatch } from '../alerts/budget-watch.js';
import { WorkerEvents } from '../worker-events.js';
import { GroupCommit } from './group-commit.js';
import { type OutboxRecord, parseOutboxEntry } from './parse-outbox-entry.js';
import { clearCounterPending, keepRejected, type Recorded, recordUsage } from './usage-ledger.js';
import { UsageOutbox } from './usage-outbox.js';

/** Most records of one transaction: bounds how long the rows of busy counters stay locked. */
const TRANSACTION_RECORDS_MAX = 1_000;
/** One transaction waits for the disk while the other is prepared; more would only wait for each other's rows. */
const TRANSACTIONS_AT_ONCE = 2;

interface RejectedEntry {
  readonly tenantId: string;
  readonly id: string;
  readonly entry: string;
  readonly reason: string;
}

/**
 * Moves settled calls from the outbox in Redis to the ledger in PostgreSQL.
 *
 * PostgreSQL first, Redis second: a process that dies in between leaves entries which are delivered again, and
 * the ledger recognises them. The other order would lose them.
 */
@Injectable()
export class UsageRecorder {
  private readonly commits = new GroupCommit<OutboxRecord>((records) => this.commit(records), {
    itemsMax: TRANSACTION_RECORDS_MAX,
    parallelMax: TRANSACTIONS_AT_ONCE,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: UsageOutbox,
    private readonly events: WorkerEvents,
    private readonly watch: BudgetWatch,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Accounts for the named outbox entries; those that are gone were accounted for before. */
  async record(batches: readonly UsageRecordBatch[]): Promise<void> {
    const records: OutboxRecord[] = [];
    const rejected: RejectedEntry[] = [];
    const entriesOf = await Promise.all(batches.map(({ tenantId, ids }) => this.outbox.read(tenantId, ids)));
    for (const [batchIndex, { tenantId, ids }] of batches.entries()) {
      for (const [index, id] of ids.entries()) {
        const entry = entriesOf[batchIndex]?.[index];
        if (entry === null || entry === undefined) continue;
        const parsed = parseOutboxEntry(tenantId, id, entry);
        if (parsed.isValid) records.push(parsed.value);
        else rejected.push({ tenantId, id, entry, reason: parsed.reason });
      }
    }
    for (let start = 0; start < records.length; start += TRANSACTION_RECORDS_MAX) {
      await this.commits.add(records.slice(start, start + TRANSACTION_RECORDS_MAX));
    }
    await this.reject(rejected);
  }

  private async commit(records: readonly OutboxRecord[]): Promise<void> {
    const startedMs = performance.now();
    let recorded: Recorded;
    try {
      recorded = await this.dataSource.transaction((tx) => recordUsage(tx, records));
    } catch (error) {
      if (!isDataError(error)) throw error;
      await this.isolate(records, error);
      return;
    }
    this.events.usageRecorded(records, recorded.newCount, performance.now() - startedMs);
    for (const { accountId, balanceAfterCredits } of recorded.overdrawn) {
      // A call turned out dearer than its hold; the books have it, and somebody should know.
      this.logger.warn(
        { accountId, balanceCredits: `${balanceAfterCredits}` },
        'credits are overdrawn by a call that was made',
      );
    }
    if (recorded.newCount > 0) this.watch.note(records.flatMap(({ record }) => record.counters));
    await this.acknowledge(records, recorded);
  }

  /** PostgreSQL refused a value that the parser let pass: halve the batch until only the culprit is rejected. */
  private async isolate(records: readonly OutboxRecord[], error: QueryFailedError): Promise<void> {
    const [first] = records;
    if (records.length === 1 && first !== undefined) {
      const { tenantId, id } = first.record;
      const entry = JSON.stringify(first.record);
      await this.reject([{ tenantId, id, entry, reason: `PostgreSQL: ${error.message}` }]);
      return;
    }
    const middle = Math.ceil(records.length / 2);
    await this.commit(records.slice(0, middle));
    await this.commit(records.slice(middle));
  }

  private async acknowledge(records: readonly OutboxRecord[], { counterPendingIds }: Recorded): Promise<void> {
    const idsOf = new Map<string, string[]>();
    for (const { record } of records) {
      if (counterPendingIds.has(record.id)) continue;
      const ids = idsOf.get(record.tenantId);
      if (ids === undefined) idsOf.set(record.tenantId, [record.id]);
      else ids.push(record.id);
    }
    await Promise.all([...idsOf].map(([tenantId, ids]) => this.outbox.remove(tenantId, ids)));
    if (counterPendingIds.size === 0) return;
    const pending = records.map(({ record }) => record).filter(({ id }) => counterPendingIds.has(id));
    for (const record of pending) await this.outbox.removeLate(record);
    await clearCounterPending(this.dataSource.manager, pending);
  }

  private async reject(rejected: readonly RejectedEntry[]): Promise<void> {
    if (rejected.length === 0) return;
    await keepRejected(this.dataSource.manager, rejected);
    for (const { tenantId, id, reason } of rejected) {
      this.logger.error({ tenantId, recordId: id, reason }, 'a usage record cannot be accounted for, it was set aside');
      await this.outbox.remove(tenantId, [id]);
    }
    this.events.usageRejected(rejected.length);
  }
}

/** SQLSTATE class 22 (data exception) and 23 (constraint violation): the same batch would fail for ever. */
function isDataError(error: unknown): error is QueryFailedError {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: unknown };
  return typeof code === 'string' && /^2[23]/.test(code);
}
