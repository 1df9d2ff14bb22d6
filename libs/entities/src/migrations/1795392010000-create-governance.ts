import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `CREATE TABLE governance.tenants (
    id uuid CONSTRAINT pk_tenants PRIMARY KEY,
    epoch bigint NOT NULL
  )`,
  `CREATE TABLE governance.customers (
    id uuid CONSTRAINT pk_customers PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL
  )`,
  'CREATE INDEX ix_customers_created_at ON governance.customers (created_at, id)',
  `CREATE TABLE governance.teams (
    id uuid CONSTRAINT pk_teams PRIMARY KEY,
    name text NOT NULL,
    customer_id uuid CONSTRAINT fk_teams_customer_id REFERENCES governance.customers (id),
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL
  )`,
  'CREATE INDEX ix_teams_customer_id ON governance.teams (customer_id)',
  'CREATE INDEX ix_teams_created_at ON governance.teams (created_at, id)',
  `CREATE TABLE governance.virtual_keys (
    id uuid CONSTRAINT pk_virtual_keys PRIMARY KEY,
    name text NOT NULL CONSTRAINT uq_virtual_keys_name UNIQUE,
    description text,
    is_active boolean NOT NULL,
    allowed_models text[],
    allowed_providers text[],
    team_id uuid CONSTRAINT fk_virtual_keys_team_id REFERENCES governance.teams (id),
    customer_id uuid CONSTRAINT fk_virtual_keys_customer_id REFERENCES governance.customers (id),
    key_hash text NOT NULL CONSTRAINT uq_virtual_keys_key_hash UNIQUE,
    value_ciphertext bytea NOT NULL,
    value_key_version smallint NOT NULL,
    value_hint text NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_virtual_keys_one_parent CHECK (team_id IS NULL OR customer_id IS NULL)
  )`,
  'CREATE INDEX ix_virtual_keys_team_id ON governance.virtual_keys (team_id)',
  'CREATE INDEX ix_virtual_keys_customer_id ON governance.virtual_keys (customer_id)',
  'CREATE INDEX ix_virtual_keys_created_at ON governance.virtual_keys (created_at, id)',
  `CREATE TABLE governance.budgets (
    id uuid CONSTRAINT pk_budgets PRIMARY KEY,
    seq bigserial CONSTRAINT uq_budgets_seq UNIQUE,
    virtual_key_id uuid CONSTRAINT fk_budgets_virtual_key_id REFERENCES governance.virtual_keys (id) ON DELETE CASCADE,
    team_id uuid CONSTRAINT fk_budgets_team_id REFERENCES governance.teams (id) ON DELETE CASCADE,
    customer_id uuid CONSTRAINT fk_budgets_customer_id REFERENCES governance.customers (id) ON DELETE CASCADE,
    max_limit_cents numeric(38, 7) NOT NULL,
    reset_duration text NOT NULL,
    anchor_at timestamptz(3) NOT NULL,
    generation integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_budgets_one_owner CHECK (num_nonnulls(virtual_key_id, team_id, customer_id) = 1),
    CONSTRAINT ck_budgets_max_limit_cents CHECK (max_limit_cents >= 0)
  )`,
  'CREATE INDEX ix_budgets_virtual_key_id ON governance.budgets (virtual_key_id)',
  'CREATE INDEX ix_budgets_team_id ON governance.budgets (team_id)',
  'CREATE INDEX ix_budgets_customer_id ON governance.budgets (customer_id)',
  `CREATE TABLE governance.rate_limits (
    id uuid CONSTRAINT pk_rate_limits PRIMARY KEY,
    seq bigserial CONSTRAINT uq_rate_limits_seq UNIQUE,
    virtual_key_id uuid
      CONSTRAINT fk_rate_limits_virtual_key_id REFERENCES governance.virtual_keys (id) ON DELETE CASCADE,
    team_id uuid CONSTRAINT fk_rate_limits_team_id REFERENCES governance.teams (id) ON DELETE CASCADE,
    customer_id uuid CONSTRAINT fk_rate_limits_customer_id REFERENCES governance.customers (id) ON DELETE CASCADE,
    token_max_limit numeric(30, 0),
    token_reset_duration text,
    token_anchor_at timestamptz(3) NOT NULL,
    token_generation integer NOT NULL,
    request_max_limit numeric(30, 0),
    request_reset_duration text,
    request_anchor_at timestamptz(3) NOT NULL,
    request_generation integer NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT ck_rate_limits_one_owner CHECK (num_nonnulls(virtual_key_id, team_id, customer_id) = 1),
    CONSTRAINT ck_rate_limits_token_max_limit CHECK (token_max_limit >= 0),
    CONSTRAINT ck_rate_limits_request_max_limit CHECK (request_max_limit >= 0),
    CONSTRAINT ck_rate_limits_token_duration CHECK (token_max_limit IS NULL OR token_reset_duration IS NOT NULL),
    CONSTRAINT ck_rate_limits_request_duration CHECK (request_max_limit IS NULL OR request_reset_duration IS NOT NULL)
  )`,
  'CREATE INDEX ix_rate_limits_virtual_key_id ON governance.rate_limits (virtual_key_id)',
  'CREATE INDEX ix_rate_limits_team_id ON governance.rate_limits (team_id)',
  'CREATE INDEX ix_rate_limits_customer_id ON governance.rate_limits (customer_id)',
  `CREATE TABLE governance.price_overrides (
    id uuid CONSTRAINT pk_price_overrides PRIMARY KEY,
    provider text NOT NULL,
    model text NOT NULL,
    effective_from timestamptz(3) NOT NULL,
    is_free boolean NOT NULL,
    input_usd_per_mtok numeric(24, 6),
    cache_read_usd_per_mtok numeric(24, 6),
    cache_write_usd_per_mtok numeric(24, 6),
    output_usd_per_mtok numeric(24, 6),
    request_usd numeric(24, 9),
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_price_overrides_provider_model_effective_from UNIQUE (provider, model, effective_from),
    CONSTRAINT ck_price_overrides_priced_or_free CHECK (
      is_free OR (input_usd_per_mtok IS NOT NULL AND output_usd_per_mtok IS NOT NULL) OR request_usd IS NOT NULL
    )
  )`,
  `CREATE TABLE governance.audit_entries (
    id uuid CONSTRAINT pk_audit_entries PRIMARY KEY,
    tenant_id uuid NOT NULL,
    position bigint NOT NULL,
    occurred_at timestamptz(3) NOT NULL,
    actor_type text NOT NULL,
    actor_id text NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    before jsonb,
    after jsonb,
    ip text,
    user_agent text,
    request_id text,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    CONSTRAINT uq_audit_entries_tenant_id_position UNIQUE (tenant_id, position)
  )`,
  'CREATE INDEX ix_audit_entries_entity ON governance.audit_entries (entity_type, entity_id)',
  'CREATE INDEX ix_audit_entries_occurred_at ON governance.audit_entries (occurred_at)',
  `CREATE TABLE governance.outbox_messages (
    id uuid CONSTRAINT pk_outbox_messages PRIMARY KEY,
    seq bigserial CONSTRAINT uq_outbox_messages_seq UNIQUE,
    type text NOT NULL,
    tenant_id uuid NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL,
    delivered_at timestamptz(3)
  )`,
  'CREATE INDEX ix_outbox_messages_pending ON governance.outbox_messages (tenant_id, seq) WHERE delivered_at IS NULL',
];

const TABLES = [
  'outbox_messages',
  'audit_entries',
  'price_overrides',
  'rate_limits',
  'budgets',
  'virtual_keys',
  'teams',
  'customers',
  'tenants',
];

/** Policies, their audit trail and the outbox. */
export class CreateGovernance1795392010000 implements MigrationInterface {
  name = 'CreateGovernance1795392010000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`DROP TABLE governance.${table}`);
  }
}
