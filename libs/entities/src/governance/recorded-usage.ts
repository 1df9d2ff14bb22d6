import type { EntityManager } from 'typeorm';

/** What the ledger says of one counter; `used` is a decimal integer in the limit's unit. */
export interface RecordedUsage {
  readonly counterId: string;
  readonly used: string;
}

/**
 * The newest recorded window of each limit. When it is not the current window any more, nothing was recorded
 * in the current one.
 */
export async function readNewestRecordedUsage(
  manager: EntityManager,
  limitKeys: readonly string[],
): Promise<RecordedUsage[]> {
  if (limitKeys.length === 0) return [];
  return manager.query(
    `SELECT DISTINCT ON (limit_key) counter_id AS "counterId", used::text AS used
       FROM ledger.limit_windows WHERE limit_key = ANY($1)
      ORDER BY limit_key, generation DESC, window_start_at DESC`,
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
