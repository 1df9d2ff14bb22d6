import { type CreditCounters, readCreditCounters } from '@penstock/entities';
import type { DataSource, EntityManager } from 'typeorm';

import { type LimitDefinition, readLimitDefinitions } from '../limits/limit-definitions.js';
import { plainArray } from '../usage/array-literal.js';

/** What PostgreSQL knows, at one moment. */
export interface LedgerState {
  readonly definitions: ReadonlyMap<string, LimitDefinition>;
  /** `limit_windows.used` by counter. */
  readonly windows: ReadonlyMap<string, bigint>;
  /** Sum of the usage events by counter. */
  readonly events: ReadonlyMap<string, bigint>;
  /** The part of `events` that late records make up whose way into Redis is not finished. */
  readonly pending: ReadonlyMap<string, bigint>;
  readonly epochs: ReadonlyMap<string, number>;
  /** Which of the asked outbox entries have their event. */
  readonly accountedIds: ReadonlySet<string>;
  readonly rejectedCount: number;
  readonly credits: readonly CreditCounters[];
}

/** An outbox entry, as far as the ledger can look it up. */
export interface EventKey {
  readonly id: string;
  readonly startedAtMs: number;
}

/** Reads the ledger in one snapshot: windows and events are of the same moment. */
export function readLedgerState(dataSource: DataSource, asked: readonly EventKey[]): Promise<LedgerState> {
  return dataSource.transaction('REPEATABLE READ', async (tx) => ({
    windows: await sums(tx, 'SELECT counter_id, used AS amount FROM ledger.limit_windows'),
    events: await sums(tx, EVENT_SUMS('true')),
    pending: await sums(tx, EVENT_SUMS('is_counter_pending')),
    definitions: await readLimitDefinitions(tx),
    epochs: await readEpochs(tx),
    accountedIds: await findAccounted(tx, asked),
    rejectedCount: await countRejected(tx),
    credits: await readCreditCounters(tx, null),
  }));
}

const EVENT_SUMS = (condition: string): string => `
  SELECT counter_id,
    sum(CASE left(counter_id, 1) WHEN 'q' THEN 1 WHEN 't' THEN tokens WHEN 'i' THEN charged_input_tokens
      WHEN 'o' THEN charged_output_tokens WHEN 'k' THEN credits WHEN 'm' THEN micro_credits
      ELSE cost_nano_usd END) AS amount
  FROM ledger.usage_events, unnest(counters) AS counter_id
  WHERE ${condition} AND counter_id NOT LIKE 'n%'
  GROUP BY counter_id`;

async function sums(tx: EntityManager, sql: string): Promise<Map<string, bigint>> {
  const rows: { counter_id: string; amount: string }[] = await tx.query(sql);
  return new Map(rows.map((row) => [row.counter_id, BigInt(row.amount)]));
}

async function readEpochs(tx: EntityManager): Promise<Map<string, number>> {
  const rows: { id: string; epoch: string }[] = await tx.query('SELECT id, epoch FROM governance.tenants');
  return new Map(rows.map(({ id, epoch }) => [id, Number(epoch)]));
}

async function findAccounted(tx: EntityManager, asked: readonly EventKey[]): Promise<Set<string>> {
  if (asked.length === 0) return new Set();
  const rows: { id: string }[] = await tx.query(
    `SELECT e.id FROM ledger.usage_events e JOIN unnest($1::uuid[], $2::bigint[]) AS r(id, started_at_ms)
     ON e.id = r.id AND e.started_at = to_timestamp(r.started_at_ms / 1000.0)`,
    [plainArray(asked.map(({ id }) => id)), plainArray(asked.map(({ startedAtMs }) => startedAtMs))],
  );
  return new Set(rows.map(({ id }) => id));
}

async function countRejected(tx: EntityManager): Promise<number> {
  const rows: { count: string }[] = await tx.query('SELECT count(*) AS count FROM ledger.rejected_records');
  return Number(rows[0]?.count ?? 0);
}
