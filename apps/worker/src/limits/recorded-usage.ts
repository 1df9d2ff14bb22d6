import type { EntityManager } from 'typeorm';

/** Windows of one limit that are looked at, newest first: the current one and one on each side of its edges. */
const WINDOWS_PER_LIMIT = 3;

/** What PostgreSQL has recorded for the newest windows of these limits. */
export async function readRecordedUsage(
  manager: EntityManager,
  limitKeys: readonly string[],
): Promise<{ counterId: string; used: string }[]> {
  return manager.query(
    `SELECT w.counter_id AS "counterId", w.used
     FROM unnest($1::text[]) AS k(limit_key)
     CROSS JOIN LATERAL (
       SELECT counter_id, used FROM ledger.limit_windows
       WHERE limit_key = k.limit_key ORDER BY window_start_at DESC LIMIT ${WINDOWS_PER_LIMIT}
     ) w`,
    [limitKeys],
  );
}
