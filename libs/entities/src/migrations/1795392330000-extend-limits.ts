import type { MigrationInterface, QueryRunner } from 'typeorm';

const OWNERS = 'virtual_key_id, team_id, customer_id, provider_config_id, model_config_id';
const ON_EXCEED = "('deny', 'clamp', 'fallback', 'shadow')";

/** A table's new columns of one kind of token: the limit, its duration, and what names its counters. */
function tokenColumns(kind: 'input_token' | 'output_token'): string[] {
  return [
    `ALTER TABLE governance.rate_limits
      ADD COLUMN ${kind}_max_limit numeric(30, 0),
      ADD COLUMN ${kind}_reset_duration text,
      ADD COLUMN ${kind}_anchor_at timestamptz(3) NOT NULL DEFAULT now(),
      ADD COLUMN ${kind}_generation integer NOT NULL DEFAULT 1,
      ADD CONSTRAINT ck_rate_limits_${kind}_max_limit CHECK (${kind}_max_limit >= 0),
      ADD CONSTRAINT ck_rate_limits_${kind}_duration
        CHECK (${kind}_max_limit IS NULL OR ${kind}_reset_duration IS NOT NULL)`,
  ];
}

const UP = [
  `ALTER TABLE governance.tenants
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
    ADD COLUMN fiscal_year_start_month smallint NOT NULL DEFAULT 1,
    ADD COLUMN stream_policy text NOT NULL DEFAULT 'finish',
    ADD CONSTRAINT ck_tenants_fiscal_year_start_month CHECK (fiscal_year_start_month BETWEEN 1 AND 12),
    ADD CONSTRAINT ck_tenants_stream_policy CHECK (stream_policy IN ('finish', 'cut'))`,
  `CREATE TABLE governance.provider_configs (
    id uuid CONSTRAINT pk_provider_configs PRIMARY KEY,
    virtual_key_id uuid NOT NULL
      CONSTRAINT fk_provider_configs_virtual_key_id REFERENCES governance.virtual_keys (id) ON DELETE CASCADE,
    provider text NOT NULL,
    weight double precision NOT NULL CONSTRAINT ck_provider_configs_weight CHECK (weight >= 0),
    allowed_models text[],
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_provider_configs_virtual_key_id_provider UNIQUE (virtual_key_id, provider)
  )`,
  `CREATE TABLE governance.model_configs (
    id uuid CONSTRAINT pk_model_configs PRIMARY KEY,
    virtual_key_id uuid
      CONSTRAINT fk_model_configs_virtual_key_id REFERENCES governance.virtual_keys (id) ON DELETE CASCADE,
    team_id uuid CONSTRAINT fk_model_configs_team_id REFERENCES governance.teams (id) ON DELETE CASCADE,
    customer_id uuid CONSTRAINT fk_model_configs_customer_id REFERENCES governance.customers (id) ON DELETE CASCADE,
    model text NOT NULL,
    provider text,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_model_configs_one_owner CHECK (num_nonnulls(virtual_key_id, team_id, customer_id) = 1)
  )`,
  // TypeORM cannot say NULLS NOT DISTINCT, so this one is the migration's alone.
  `CREATE UNIQUE INDEX uq_model_configs_owner_model_provider ON governance.model_configs
    (COALESCE(virtual_key_id, team_id, customer_id), model, COALESCE(provider, ''))`,
  `CREATE INDEX ix_model_configs_virtual_key_id ON governance.model_configs (virtual_key_id)
    WHERE virtual_key_id IS NOT NULL`,
  'CREATE INDEX ix_model_configs_team_id ON governance.model_configs (team_id) WHERE team_id IS NOT NULL',
  'CREATE INDEX ix_model_configs_customer_id ON governance.model_configs (customer_id) WHERE customer_id IS NOT NULL',
  `ALTER TABLE governance.budgets
    ADD COLUMN provider_config_id uuid
      CONSTRAINT fk_budgets_provider_config_id REFERENCES governance.provider_configs (id) ON DELETE CASCADE,
    ADD COLUMN model_config_id uuid
      CONSTRAINT fk_budgets_model_config_id REFERENCES governance.model_configs (id) ON DELETE CASCADE,
    ADD COLUMN shared_tenant_id uuid,
    ADD COLUMN name text,
    ADD COLUMN aligned_from timestamptz(3),
    ADD COLUMN on_exceed text NOT NULL DEFAULT 'deny',
    ADD COLUMN fallback_model text,
    ADD COLUMN thresholds integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN rollover_max_cents numeric(38, 7),
    DROP CONSTRAINT ck_budgets_one_owner,
    ADD CONSTRAINT ck_budgets_one_owner CHECK (num_nonnulls(${OWNERS}, shared_tenant_id) = 1),
    ADD CONSTRAINT ck_budgets_on_exceed CHECK (on_exceed IN ${ON_EXCEED}),
    ADD CONSTRAINT ck_budgets_fallback_model CHECK ((on_exceed = 'fallback') = (fallback_model IS NOT NULL)),
    ADD CONSTRAINT ck_budgets_rollover_max_cents CHECK (rollover_max_cents >= 0)`,
  `CREATE INDEX ix_budgets_provider_config_id ON governance.budgets (provider_config_id)
    WHERE provider_config_id IS NOT NULL`,
  'CREATE INDEX ix_budgets_model_config_id ON governance.budgets (model_config_id) WHERE model_config_id IS NOT NULL',
  'CREATE INDEX ix_budgets_shared_tenant_id ON governance.budgets (shared_tenant_id) WHERE shared_tenant_id IS NOT NULL',
  `CREATE TABLE governance.budget_attachments (
    id uuid CONSTRAINT pk_budget_attachments PRIMARY KEY,
    budget_id uuid NOT NULL
      CONSTRAINT fk_budget_attachments_budget_id REFERENCES governance.budgets (id) ON DELETE CASCADE,
    virtual_key_id uuid
      CONSTRAINT fk_budget_attachments_virtual_key_id REFERENCES governance.virtual_keys (id) ON DELETE CASCADE,
    team_id uuid CONSTRAINT fk_budget_attachments_team_id REFERENCES governance.teams (id) ON DELETE CASCADE,
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_budget_attachments_one_subject CHECK (num_nonnulls(virtual_key_id, team_id) = 1)
  )`,
  `CREATE UNIQUE INDEX uq_budget_attachments_budget_id_subject ON governance.budget_attachments
    (budget_id, COALESCE(virtual_key_id, team_id))`,
  `CREATE INDEX ix_budget_attachments_virtual_key_id ON governance.budget_attachments (virtual_key_id)
    WHERE virtual_key_id IS NOT NULL`,
  'CREATE INDEX ix_budget_attachments_team_id ON governance.budget_attachments (team_id) WHERE team_id IS NOT NULL',
  `CREATE TABLE governance.budget_raises (
    id uuid CONSTRAINT pk_budget_raises PRIMARY KEY,
    budget_id uuid NOT NULL
      CONSTRAINT fk_budget_raises_budget_id REFERENCES governance.budgets (id) ON DELETE CASCADE,
    amount_cents numeric(38, 7) NOT NULL,
    starts_at timestamptz(3) NOT NULL,
    ends_at timestamptz(3) NOT NULL,
    reason text,
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_budget_raises_amount_cents CHECK (amount_cents > 0),
    CONSTRAINT ck_budget_raises_span CHECK (ends_at >= starts_at)
  )`,
  'CREATE INDEX ix_budget_raises_budget_id_ends_at ON governance.budget_raises (budget_id, ends_at)',
  `ALTER TABLE governance.rate_limits
    ADD COLUMN provider_config_id uuid
      CONSTRAINT fk_rate_limits_provider_config_id REFERENCES governance.provider_configs (id) ON DELETE CASCADE,
    ADD COLUMN model_config_id uuid
      CONSTRAINT fk_rate_limits_model_config_id REFERENCES governance.model_configs (id) ON DELETE CASCADE,
    ADD COLUMN window_type text NOT NULL DEFAULT 'fixed',
    ADD COLUMN on_exceed text NOT NULL DEFAULT 'deny',
    ADD COLUMN fallback_model text,
    ADD COLUMN concurrent_max_limit numeric(30, 0),
    DROP CONSTRAINT ck_rate_limits_one_owner,
    ADD CONSTRAINT ck_rate_limits_one_owner CHECK (num_nonnulls(${OWNERS}) = 1),
    ADD CONSTRAINT ck_rate_limits_window_type CHECK (window_type IN ('fixed', 'sliding')),
    ADD CONSTRAINT ck_rate_limits_on_exceed CHECK (on_exceed IN ${ON_EXCEED}),
    ADD CONSTRAINT ck_rate_limits_fallback_model CHECK ((on_exceed = 'fallback') = (fallback_model IS NOT NULL)),
    ADD CONSTRAINT ck_rate_limits_concurrent_max_limit CHECK (concurrent_max_limit >= 0)`,
  ...tokenColumns('input_token'),
  ...tokenColumns('output_token'),
  `CREATE INDEX ix_rate_limits_provider_config_id ON governance.rate_limits (provider_config_id)
    WHERE provider_config_id IS NOT NULL`,
  `CREATE INDEX ix_rate_limits_model_config_id ON governance.rate_limits (model_config_id)
    WHERE model_config_id IS NOT NULL`,
  // What a call was charged to limits on input and on output: with an unknown usage that is its estimate.
  `ALTER TABLE ledger.usage_events
    ADD COLUMN charged_input_tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN charged_output_tokens bigint NOT NULL DEFAULT 0`,
];

const DOWN = [
  'ALTER TABLE ledger.usage_events DROP COLUMN charged_input_tokens, DROP COLUMN charged_output_tokens',
  'DELETE FROM governance.rate_limits WHERE num_nonnulls(virtual_key_id, team_id, customer_id) = 0',
  `ALTER TABLE governance.rate_limits
    DROP CONSTRAINT ck_rate_limits_one_owner,
    DROP COLUMN provider_config_id, DROP COLUMN model_config_id, DROP COLUMN window_type, DROP COLUMN on_exceed,
    DROP COLUMN fallback_model, DROP COLUMN concurrent_max_limit,
    DROP COLUMN input_token_max_limit, DROP COLUMN input_token_reset_duration, DROP COLUMN input_token_anchor_at,
    DROP COLUMN input_token_generation,
    DROP COLUMN output_token_max_limit, DROP COLUMN output_token_reset_duration, DROP COLUMN output_token_anchor_at,
    DROP COLUMN output_token_generation,
    ADD CONSTRAINT ck_rate_limits_one_owner CHECK (num_nonnulls(virtual_key_id, team_id, customer_id) = 1)`,
  'DROP TABLE governance.budget_raises',
  'DROP TABLE governance.budget_attachments',
  'DELETE FROM governance.budgets WHERE num_nonnulls(virtual_key_id, team_id, customer_id) = 0',
  `ALTER TABLE governance.budgets
    DROP CONSTRAINT ck_budgets_one_owner,
    DROP CONSTRAINT ck_budgets_fallback_model,
    DROP COLUMN provider_config_id, DROP COLUMN model_config_id, DROP COLUMN shared_tenant_id, DROP COLUMN name,
    DROP COLUMN aligned_from, DROP COLUMN on_exceed, DROP COLUMN fallback_model, DROP COLUMN thresholds,
    DROP COLUMN rollover_max_cents,
    ADD CONSTRAINT ck_budgets_one_owner CHECK (num_nonnulls(virtual_key_id, team_id, customer_id) = 1)`,
  'DROP TABLE governance.model_configs',
  'DROP TABLE governance.provider_configs',
  `ALTER TABLE governance.tenants
    DROP COLUMN time_zone, DROP COLUMN fiscal_year_start_month, DROP COLUMN stream_policy`,
];

/**
 * Several and shared budgets, limits of providers and models, calendar windows, more kinds of rate limits. Everything
 * is added with a default, so that the previous release goes on working on this schema.
 */
export class ExtendLimits1795392330000 implements MigrationInterface {
  name = 'ExtendLimits1795392330000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
