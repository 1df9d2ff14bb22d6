import type { MigrationInterface, QueryRunner } from 'typeorm';

const SUMS = 'sum(calls), sum(tokens), sum(client_cost_nano_usd), sum(credits)';

const UP = [
  // What a report over months or years would otherwise sum day by day and key by key. Updated by every batch, like
  // usage_daily: free space in the page keeps those updates off the indexes.
  `CREATE TABLE ledger.usage_monthly (
    id uuid CONSTRAINT pk_usage_monthly PRIMARY KEY,
    month date NOT NULL,
    tenant_id uuid NOT NULL,
    team_id uuid,
    provider text NOT NULL,
    model text NOT NULL,
    calls bigint NOT NULL,
    tokens bigint NOT NULL,
    client_cost_nano_usd numeric(38, 0) NOT NULL,
    credits bigint NOT NULL,
    CONSTRAINT uq_usage_monthly_path_model UNIQUE NULLS NOT DISTINCT (tenant_id, month, team_id, provider, model)
  ) WITH (fillfactor = 50)`,
  `CREATE TABLE ledger.usage_tenant_daily (
    tenant_id uuid NOT NULL,
    day date NOT NULL,
    calls bigint NOT NULL,
    tokens bigint NOT NULL,
    client_cost_nano_usd numeric(38, 0) NOT NULL,
    credits bigint NOT NULL,
    CONSTRAINT pk_usage_tenant_daily PRIMARY KEY (tenant_id, day)
  ) WITH (fillfactor = 50)`,
  // What is accounted from here on, the worker adds. One from before this migration does not: stop it first.
  'LOCK TABLE ledger.usage_daily IN SHARE MODE',
  `INSERT INTO ledger.usage_monthly (id, month, tenant_id, team_id, provider, model, calls, tokens,
      client_cost_nano_usd, credits)
    SELECT gen_random_uuid(), date_trunc('month', day)::date, tenant_id, team_id, provider, model, ${SUMS}
    FROM ledger.usage_daily GROUP BY 2, 3, 4, 5, 6`,
  `INSERT INTO ledger.usage_tenant_daily (tenant_id, day, calls, tokens, client_cost_nano_usd, credits)
    SELECT tenant_id, day, ${SUMS} FROM ledger.usage_daily GROUP BY 1, 2`,
];

const DOWN = ['DROP TABLE ledger.usage_tenant_daily', 'DROP TABLE ledger.usage_monthly'];

/** Sums of usage by month and model, and by tenant and day: reports over a year read hundreds of rows. */
export class CreateUsageRollups1795392470000 implements MigrationInterface {
  name = 'CreateUsageRollups1795392470000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
