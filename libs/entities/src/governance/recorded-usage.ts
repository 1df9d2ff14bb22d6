import { COUNTED_WINDOWS_MAX } from '@penstock/domain';
import type { EntityManager } from 'typeorm';

/** What the ledger says of one counter; `used` is a decimal integer in the limit's unit. */
export interface RecordedUsage {
  readonly counterId: string;
  readonly used: string;
}

/** The windows that can count, and one that another clock's idea of now may add on either side. */
const WINDOWS_PER_LIMIT = COUNTED_WINDOWS_MAX + 2;

/**
 * The newest recorded windows of each limit, in no order: every one that still counts is among them. The others are
 * harmless, because nothing reads them.
 */
export async function readNewestRecordedUsage(
  manager: EntityManager,
  limitKeys: readonly string[],
): Promise<RecordedUsage[]> {
  if (limitKeys.length === 0) return [];
  return manager.query(
    `SELECT w.counter_id AS "counterId", w.used::text AS used
       FROM unnest($1::text[]) AS k(limit_key)
      CROSS JOIN LATERAL (
        SELECT counter_id, used FROM ledger.limit_windows
         WHERE limit_key = k.limit_key ORDER BY window_start_at DESC LIMIT ${WINDOWS_PER_LIMIT}
      ) w`,
    [limitKeys],
  );
}

/** What is recorded for the given counters; those without a row are absent. */
export async function readRecordedCounters(
  manager: EntityManager,
  counterIds: readonly string[],
): Promise<RecordedUsage[]> {
  if (counterIds.length === 0) return [];
  return manager.query(
    `SELECT counter_id AS "counterId", used::text AS used FROM ledger.limit_windows WHERE counter_id = ANY($1)`,
    [counterIds],
  );
}
