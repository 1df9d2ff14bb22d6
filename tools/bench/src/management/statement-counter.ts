import type pg from 'pg';

/** What PostgreSQL loads so that statements can be counted. */
export const STATEMENT_LIBRARY = 'pg_stat_statements';

/** Counts what everybody but this benchmark asks of the database. */
export interface StatementCounter {
  reset(): Promise<void>;
  /** Statements since the last reset; null when PostgreSQL cannot count them. */
  count(): Promise<number | null>;
  /** Statements since the last reset that name the usage events. */
  onUsageEvents(): Promise<string[]>;
}

const BY_OTHERS = `toplevel AND query NOT ILIKE '%pg_stat_statements%'
  AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Uses `pg_stat_statements`; a server that was started without it counts nothing. */
export async function openStatementCounter(database: pg.Client): Promise<StatementCounter> {
  try {
    await database.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    await database.query('SELECT pg_stat_statements_reset()');
  } catch {
    // A server of somebody else's: the scans of the tables are counted all the same.
    return {
      reset: () => Promise.resolve(),
      count: () => Promise.resolve(null),
      onUsageEvents: () => Promise.resolve([]),
    };
  }
  return {
    reset: async () => {
      await database.query('SELECT pg_stat_statements_reset()');
    },
    count: async () => {
      const { rows } = await database.query<{ calls: string }>(
        `SELECT COALESCE(sum(calls), 0)::text AS calls FROM pg_stat_statements WHERE ${BY_OTHERS}`,
      );
      return Number(rows[0]?.calls);
    },
    onUsageEvents: async () => {
      const { rows } = await database.query<{ query: string }>(
        `SELECT query FROM pg_stat_statements WHERE ${BY_OTHERS} AND query ILIKE '%usage_events%'`,
      );
      return rows.map(({ query }) => query);
    },
  };
}
