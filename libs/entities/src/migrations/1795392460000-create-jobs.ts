import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // Team and organization are named, not referenced: books outlive both. The account outlives them too.
  `CREATE TABLE saas.jobs (
    job_id uuid CONSTRAINT pk_jobs PRIMARY KEY,
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL CONSTRAINT fk_jobs_account_id REFERENCES ledger.credit_accounts (id),
    team_id text NOT NULL,
    organization_id text NOT NULL,
    user_id text,
    job_type text NOT NULL,
    status text NOT NULL,
    is_single_call boolean NOT NULL,
    metadata jsonb NOT NULL,
    error_message text,
    budget_mode text NOT NULL,
    hundredths_per_dollar bigint NOT NULL,
    tokens_per_credit bigint NOT NULL,
    created_at timestamptz(3) NOT NULL,
    started_at timestamptz(3),
    ended_at timestamptz(3),
    last_active_at timestamptz(3) NOT NULL,
    credits_charged bigint NOT NULL,
    credits_remaining bigint,
    calls integer NOT NULL,
    successful_calls integer NOT NULL,
    failed_calls integer NOT NULL,
    tokens bigint NOT NULL,
    client_cost_nano_usd numeric(38, 0) NOT NULL,
    micro_credits bigint NOT NULL,
    latency_ms bigint NOT NULL,
    models_used text[] NOT NULL,
    CONSTRAINT ck_jobs_status CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    CONSTRAINT ck_jobs_ended CHECK ((status IN ('pending', 'in_progress')) = (ended_at IS NULL)),
    CONSTRAINT ck_jobs_budget_mode CHECK (budget_mode IN ('job_based', 'consumption_usd', 'consumption_tokens')),
    CONSTRAINT ck_jobs_terms CHECK (hundredths_per_dollar > 0 AND tokens_per_credit > 0),
    CONSTRAINT ck_jobs_charge CHECK (credits_charged >= 0 AND (credits_charged > 0) = (status = 'completed')),
    CONSTRAINT ck_jobs_totals CHECK (calls >= 0 AND successful_calls >= 0 AND failed_calls >= 0
      AND successful_calls + failed_calls <= calls AND tokens >= 0 AND client_cost_nano_usd >= 0
      AND micro_credits >= 0 AND latency_ms >= 0)
  ) WITH (fillfactor = 80)`,
  'CREATE INDEX ix_jobs_team_id_created_at ON saas.jobs (team_id, created_at, job_id)',
  'CREATE INDEX ix_jobs_team_id_status_created_at ON saas.jobs (team_id, status, created_at, job_id)',
  'CREATE INDEX ix_jobs_account_id ON saas.jobs (account_id)',
  `CREATE INDEX ix_jobs_running ON saas.jobs (last_active_at) WHERE status IN ('pending', 'in_progress')`,
  `CREATE INDEX ix_jobs_running_team_id ON saas.jobs (team_id) WHERE status IN ('pending', 'in_progress')`,

  `CREATE TABLE saas.job_calls (
    call_id uuid CONSTRAINT pk_job_calls PRIMARY KEY,
    job_id uuid NOT NULL CONSTRAINT fk_job_calls_job_id REFERENCES saas.jobs (job_id),
    state text NOT NULL,
    purpose text,
    model_requested text NOT NULL,
    model_used text,
    provider text,
    is_stream boolean NOT NULL,
    attempts integer NOT NULL,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    tokens bigint NOT NULL,
    cost_nano_usd numeric(38, 0) NOT NULL,
    client_cost_nano_usd numeric(38, 0) NOT NULL,
    micro_credits bigint NOT NULL,
    latency_ms integer,
    error text,
    started_at timestamptz(3) NOT NULL,
    ended_at timestamptz(3),
    seen_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_job_calls_state CHECK (state IN ('running', 'settling', 'succeeded', 'failed')),
    CONSTRAINT ck_job_calls_ended CHECK ((state IN ('succeeded', 'failed')) = (ended_at IS NOT NULL)),
    CONSTRAINT ck_job_calls_amounts CHECK (attempts >= 0 AND prompt_tokens >= 0 AND completion_tokens >= 0
      AND tokens >= 0 AND cost_nano_usd >= 0 AND client_cost_nano_usd >= 0 AND micro_credits >= 0 AND latency_ms >= 0)
  ) WITH (fillfactor = 70)`,
  'CREATE INDEX ix_job_calls_job_id ON saas.job_calls (job_id, started_at, call_id)',
  `CREATE INDEX ix_job_calls_running ON saas.job_calls (started_at) WHERE state IN ('running', 'settling')`,

  // What reports read: sums of jobs by the UTC day of their creation.
  `CREATE TABLE saas.job_daily (
    day date NOT NULL,
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    team_id text NOT NULL,
    job_type text NOT NULL,
    jobs bigint NOT NULL,
    completed_jobs bigint NOT NULL,
    failed_jobs bigint NOT NULL,
    cancelled_jobs bigint NOT NULL,
    calls bigint NOT NULL,
    successful_calls bigint NOT NULL,
    failed_calls bigint NOT NULL,
    unserved_calls bigint NOT NULL,
    tokens bigint NOT NULL,
    client_cost_nano_usd numeric(38, 0) NOT NULL,
    credits bigint NOT NULL,
    CONSTRAINT pk_job_daily PRIMARY KEY (tenant_id, day, account_id, job_type)
  ) WITH (fillfactor = 50)`,
  'CREATE INDEX ix_job_daily_account_id_day ON saas.job_daily (account_id, day)',
];

const DOWN = ['DROP TABLE saas.job_daily', 'DROP TABLE saas.job_calls', 'DROP TABLE saas.jobs'];

/** Jobs of teams, the calls made for them, and their sums per day. */
export class CreateJobs1795392460000 implements MigrationInterface {
  name = 'CreateJobs1795392460000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
