import pg from 'pg';

/** A row of `ledger.usage_events`, numbers as decimal text. */
export interface UsageEventRow {
  readonly id: string;
  readonly request_id: string;
  readonly virtual_key_id: string;
  readonly provider: string;
  readonly model_requested: string;
  readonly model_sent: string;
  readonly price_id: string | null;
  readonly input_tokens: string;
  readonly cache_read_tokens: string;
  readonly output_tokens: string;
  readonly reasoning_tokens: string;
  readonly tokens: string;
  readonly charged_input_tokens: string;
  readonly charged_output_tokens: string;
  readonly cost_nano_usd: string;
  readonly client_cost_nano_usd: string;
  readonly client_price_id: string | null;
  readonly credits: string;
  readonly micro_credits: string;
  readonly credit_transfer_id: string | null;
  readonly job_id: string | null;
  readonly job_call_id: string | null;
  readonly is_estimated: boolean;
  readonly is_stream: boolean;
  readonly outcome: string;
  readonly counters: string[];
}

/** The ledger of a stack, as PostgreSQL has it. */
export class LedgerReader {
  private readonly pool: pg.Pool;

  constructor(databaseUrl: string) {
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
    // The database is dropped under idle connections at the end of a test file.
    this.pool.on('error', () => undefined);
  }

  async query<Row>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.pool.query(sql, [...values])).rows as Row[];
  }

  /** Events of one tenant, oldest first. */
  events(tenantId: string): Promise<UsageEventRow[]> {
    return this.query('SELECT * FROM ledger.usage_events WHERE tenant_id = $1 ORDER BY id', [tenantId]);
  }

  /** `limit_windows.used` by counter id. */
  async windows(): Promise<Map<string, bigint>> {
    const rows = await this.query<{ counter_id: string; used: string }>(
      'SELECT counter_id, used FROM ledger.limit_windows',
    );
    return new Map(rows.map(({ counter_id: id, used }) => [id, BigInt(used)]));
  }

  /**
   * Keeps every transaction that writes to a table from going on, until the returned function is called. Recording usage
   * writes to the default.
   */
  async holdUp(table = 'ledger.limit_windows'): Promise<() => Promise<void>> {
    const client = await this.pool.connect();
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
    return async () => {
      await client.query('ROLLBACK');
      client.release();
    };
  }

  /** Statements of other connections that wait for a lock. */
  async waitingForLock(): Promise<number> {
    const rows = await this.query<{ count: string }>(
      `SELECT count(*) AS count FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return Number(rows[0]?.count ?? 0);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
