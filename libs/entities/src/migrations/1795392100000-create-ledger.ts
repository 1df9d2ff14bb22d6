import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Schema `ledger`: the account of what happened. Only the worker writes it.
 *
 * `usage_events` is the truth; `limit_windows` and `usage_daily` are sums over it, written in the same transaction.
 */
export class CreateLedger1795392100000 implements MigrationInterface {
  name = 'CreateLedger1795392100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The key holds started_at because a partitioned table's key must; both are fixed at admission, so a
    // record that is delivered again meets its own row.
    await queryRunner.query(`
      CREATE TABLE ledger.usage_events (
        id uuid NOT NULL,
        started_at timestamptz NOT NULL,
        settled_at timestamptz NOT NULL,
        request_id text NOT NULL,
        tenant_id uuid NOT NULL,
        virtual_key_id uuid NOT NULL,
        team_id uuid,
        customer_id uuid,
        provider text NOT NULL,
        model_requested text NOT NULL,
        model_sent text NOT NULL,
        model_reported text,
        price_id text,
        input_tokens bigint NOT NULL,
        cache_read_tokens bigint NOT NULL,
        cache_write_5m_tokens bigint NOT NULL,
        cache_write_1h_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        reasoning_tokens bigint NOT NULL,
        input_audio_tokens bigint NOT NULL,
        output_audio_tokens bigint NOT NULL,
        input_image_tokens bigint NOT NULL,
        tool_units bigint NOT NULL,
        tokens bigint NOT NULL,
        cost_nano_usd numeric(38,0) NOT NULL,
        is_estimated boolean NOT NULL,
        is_stream boolean NOT NULL,
        is_counter_pending boolean NOT NULL,
        outcome text NOT NULL,
        upstream_status integer,
        latency_ms integer NOT NULL,
        ttft_ms integer,
        counters text[] NOT NULL,
        CONSTRAINT pk_usage_events PRIMARY KEY (id, started_at),
        CONSTRAINT ck_usage_events_outcome CHECK (outcome IN ('completed', 'client_gone', 'truncated', 'orphaned'))
      ) PARTITION BY RANGE (started_at)
    `);
    await queryRunner.query(
      'CREATE INDEX ix_usage_events_tenant_id_started_at ON ledger.usage_events (tenant_id, started_at)',
    );
    // Nearly always empty: the late records between their commit and their way into the counters.
    await queryRunner.query(
      'CREATE INDEX ix_usage_events_counter_pending ON ledger.usage_events (tenant_id) WHERE is_counter_pending',
    );
    await queryRunner.query('CREATE TABLE ledger.usage_events_default PARTITION OF ledger.usage_events DEFAULT');

    // A counter row is updated by every batch: free space in the page keeps those updates off the index.
    await queryRunner.query(`
      CREATE TABLE ledger.limit_windows (
        counter_id text NOT NULL,
        limit_key text NOT NULL,
        generation integer NOT NULL,
        window_start_at timestamptz NOT NULL,
        used numeric(38,0) NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT pk_limit_windows PRIMARY KEY (counter_id)
      ) WITH (fillfactor = 50)
    `);
    await queryRunner.query(
      'CREATE INDEX ix_limit_windows_limit_key_window_start_at ON ledger.limit_windows (limit_key, window_start_at)',
    );

    await queryRunner.query(`
      CREATE TABLE ledger.usage_daily (
        id uuid NOT NULL,
        day date NOT NULL,
        tenant_id uuid NOT NULL,
        virtual_key_id uuid NOT NULL,
        team_id uuid,
        customer_id uuid,
        provider text NOT NULL,
        model text NOT NULL,
        calls bigint NOT NULL,
        calls_estimated bigint NOT NULL,
        input_tokens bigint NOT NULL,
        cache_read_tokens bigint NOT NULL,
        cache_write_5m_tokens bigint NOT NULL,
        cache_write_1h_tokens bigint NOT NULL,
        output_tokens bigint NOT NULL,
        reasoning_tokens bigint NOT NULL,
        input_audio_tokens bigint NOT NULL,
        output_audio_tokens bigint NOT NULL,
        input_image_tokens bigint NOT NULL,
        tool_units bigint NOT NULL,
        tokens bigint NOT NULL,
        cost_nano_usd numeric(38,0) NOT NULL,
        CONSTRAINT pk_usage_daily PRIMARY KEY (id),
        CONSTRAINT uq_usage_daily_day_path_model UNIQUE NULLS NOT DISTINCT
          (day, tenant_id, virtual_key_id, team_id, customer_id, provider, model)
      ) WITH (fillfactor = 50)
    `);
    await queryRunner.query('CREATE INDEX ix_usage_daily_tenant_id_day ON ledger.usage_daily (tenant_id, day)');

    // What the worker could not read is kept here for a human instead of blocking the queue or being dropped.
    await queryRunner.query(`
      CREATE TABLE ledger.rejected_records (
        tenant_id text NOT NULL,
        record_id text NOT NULL,
        reason text NOT NULL,
        payload text NOT NULL,
        rejected_at timestamptz NOT NULL,
        CONSTRAINT pk_rejected_records PRIMARY KEY (tenant_id, record_id)
      )
    `);

    await queryRunner.query(ENSURE_PARTITIONS);
    await queryRunner.query('SELECT ledger.ensure_partitions(3)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION ledger.ensure_partitions');
    for (const table of ['rejected_records', 'usage_daily', 'limit_windows', 'usage_events']) {
      await queryRunner.query(`DROP TABLE ledger.${table}`);
    }
  }
}

/**
 * Creates the monthly partitions (UTC) from last month to `months_ahead` months from now, and answers how many
 * were missing. Rows that fell into the default partition meanwhile are moved, because PostgreSQL refuses a new
 * partition whose rows sit there. Safe to call from several workers at once.
 */
const ENSURE_PARTITIONS = `
  CREATE FUNCTION ledger.ensure_partitions(months_ahead integer) RETURNS integer
  LANGUAGE plpgsql AS $function$
  DECLARE
    first_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month';
    month_start timestamp;
    from_at timestamptz;
    until_at timestamptz;
    partition_name text;
    created integer := 0;
  BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ledger.ensure_partitions', 0));
    FOR month_index IN 0..(months_ahead + 1) LOOP
      month_start := first_month + make_interval(months => month_index);
      from_at := month_start AT TIME ZONE 'UTC';
      until_at := (month_start + interval '1 month') AT TIME ZONE 'UTC';
      partition_name := 'usage_events_' || to_char(month_start, 'YYYY_MM');
      CONTINUE WHEN to_regclass('ledger.' || partition_name) IS NOT NULL;
      EXECUTE format('CREATE TABLE ledger.%I (LIKE ledger.usage_events INCLUDING ALL)', partition_name);
      EXECUTE format(
        'WITH moved AS (DELETE FROM ledger.usage_events_default WHERE started_at >= %L AND started_at < %L RETURNING *)
         INSERT INTO ledger.%I SELECT * FROM moved', from_at, until_at, partition_name);
      EXECUTE format(
        'ALTER TABLE ledger.usage_events ATTACH PARTITION ledger.%I FOR VALUES FROM (%L) TO (%L)',
        partition_name, from_at, until_at);
      created := created + 1;
    END LOOP;
    RETURN created;
  END
  $function$
`;
