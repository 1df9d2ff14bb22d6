import type { MigrationInterface, QueryRunner } from 'typeorm';

const TRANSFER_TYPES = `('allocation', 'deduction', 'refund', 'subscription_payment', 'one_time_payment', 'adjustment',
  'refill', 'expiry')`;

const UP = [
  `CREATE TABLE saas.teams (
    team_id text CONSTRAINT pk_teams PRIMARY KEY,
    organization_id text NOT NULL CONSTRAINT fk_teams_organization_id REFERENCES saas.organizations (organization_id),
    governance_team_id uuid NOT NULL
      CONSTRAINT fk_teams_governance_team_id REFERENCES governance.teams (id),
    virtual_key_id uuid
      CONSTRAINT fk_teams_virtual_key_id REFERENCES governance.virtual_keys (id) ON DELETE SET NULL,
    team_alias text NOT NULL,
    status text NOT NULL,
    is_default boolean NOT NULL,
    metadata jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_teams_governance_team_id UNIQUE (governance_team_id),
    CONSTRAINT ck_teams_status CHECK (status IN ('active', 'suspended', 'paused'))
  )`,
  'CREATE INDEX ix_teams_organization_id ON saas.teams (organization_id, created_at, team_id)',
  'CREATE INDEX ix_teams_created_at ON saas.teams (created_at, team_id)',
  'CREATE INDEX ix_teams_virtual_key_id ON saas.teams (virtual_key_id)',

  `CREATE TABLE ledger.credit_accounts (
    id uuid CONSTRAINT pk_credit_accounts PRIMARY KEY,
    seq bigserial CONSTRAINT uq_credit_accounts_seq UNIQUE,
    kind text NOT NULL,
    tenant_id uuid,
    governance_team_id uuid,
    team_id text,
    organization_id text,
    budget_mode text NOT NULL,
    credits_per_dollar numeric(12, 2) NOT NULL,
    tokens_per_credit bigint NOT NULL,
    allocated_credits bigint NOT NULL,
    used_credits bigint NOT NULL,
    overdraft_credits bigint NOT NULL,
    low_balance_threshold_credits bigint,
    auto_refill boolean NOT NULL,
    refill_credits bigint,
    refill_period text,
    refill_anchor_at timestamptz(3),
    last_refill_at timestamptz(3),
    created_at timestamptz(3) NOT NULL,
    updated_at timestamptz(3) NOT NULL,
    closed_at timestamptz(3),
    CONSTRAINT ck_credit_accounts_kind CHECK (kind IN ('team', 'issuance', 'consumption')),
    CONSTRAINT ck_credit_accounts_team CHECK (
      (kind = 'team') = (num_nonnulls(tenant_id, governance_team_id, team_id, organization_id) = 4)
      AND num_nonnulls(tenant_id, governance_team_id, team_id, organization_id) IN (0, 4)),
    CONSTRAINT ck_credit_accounts_budget_mode
      CHECK (budget_mode IN ('job_based', 'consumption_usd', 'consumption_tokens')),
    CONSTRAINT ck_credit_accounts_rates CHECK (credits_per_dollar > 0 AND tokens_per_credit > 0),
    CONSTRAINT ck_credit_accounts_amounts CHECK (allocated_credits >= 0 AND used_credits >= 0
      AND overdraft_credits >= 0 AND low_balance_threshold_credits >= 0),
    CONSTRAINT ck_credit_accounts_refill CHECK (refill_credits > 0
      AND refill_period IN ('daily', 'weekly', 'monthly')
      AND (NOT auto_refill OR num_nonnulls(refill_credits, refill_period, refill_anchor_at) = 3))
  ) WITH (fillfactor = 50)`,
  // A team's id may be used again after its deletion; its account is closed then.
  `CREATE UNIQUE INDEX uq_credit_accounts_open_team ON ledger.credit_accounts (governance_team_id)
    WHERE closed_at IS NULL AND kind = 'team'`,
  `CREATE INDEX ix_credit_accounts_team_id ON ledger.credit_accounts (team_id)`,
  `CREATE INDEX ix_credit_accounts_tenant_id ON ledger.credit_accounts (tenant_id)`,
  `CREATE INDEX ix_credit_accounts_organization_id ON ledger.credit_accounts (organization_id)`,
  `CREATE INDEX ix_credit_accounts_auto_refill ON ledger.credit_accounts (id) WHERE auto_refill AND closed_at IS NULL`,
  // Where credits come from, and where they go: fixed ids, so that every process names the same account.
  `INSERT INTO ledger.credit_accounts (id, kind, budget_mode, credits_per_dollar, tokens_per_credit,
      allocated_credits, used_credits, overdraft_credits, auto_refill, created_at, updated_at)
    VALUES ('00000000-0000-0000-0000-0000000000c1', 'issuance', 'job_based', 10, 10000, 0, 0, 0, false, now(), now()),
      ('00000000-0000-0000-0000-0000000000c2', 'consumption', 'job_based', 10, 10000, 0, 0, 0, false, now(), now())`,

  `CREATE TABLE ledger.credit_transfers (
    id uuid CONSTRAINT pk_credit_transfers PRIMARY KEY,
    seq bigserial CONSTRAINT uq_credit_transfers_seq UNIQUE,
    account_id uuid NOT NULL CONSTRAINT fk_credit_transfers_account_id REFERENCES ledger.credit_accounts (id),
    type text NOT NULL,
    credits bigint NOT NULL,
    balance_before_credits bigint NOT NULL,
    balance_after_credits bigint NOT NULL,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    job_id uuid,
    calls integer,
    reason text,
    payment_nano_usd numeric(38, 0),
    actor_type text NOT NULL,
    actor_id text NOT NULL,
    request_id text,
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_credit_transfers_idempotency_key UNIQUE (account_id, idempotency_key),
    CONSTRAINT ck_credit_transfers_type CHECK (type IN ${TRANSFER_TYPES}),
    CONSTRAINT ck_credit_transfers_credits CHECK (credits > 0),
    CONSTRAINT ck_credit_transfers_balance
      CHECK (balance_after_credits IN (balance_before_credits + credits, balance_before_credits - credits))
  )`,
  'CREATE INDEX ix_credit_transfers_account_id_seq ON ledger.credit_transfers (account_id, seq)',
  // A job is charged once, whatever else goes wrong.
  `CREATE UNIQUE INDEX uq_credit_transfers_job_deduction ON ledger.credit_transfers (job_id)
    WHERE type = 'deduction' AND job_id IS NOT NULL`,

  `CREATE TABLE ledger.credit_entries (
    transfer_id uuid NOT NULL
      CONSTRAINT fk_credit_entries_transfer_id REFERENCES ledger.credit_transfers (id),
    account_id uuid NOT NULL CONSTRAINT fk_credit_entries_account_id REFERENCES ledger.credit_accounts (id),
    credits bigint NOT NULL,
    CONSTRAINT pk_credit_entries PRIMARY KEY (transfer_id, account_id),
    CONSTRAINT ck_credit_entries_credits CHECK (credits <> 0)
  )`,
  'CREATE INDEX ix_credit_entries_account_id ON ledger.credit_entries (account_id)',

  `CREATE TABLE ledger.credit_grants (
    id uuid CONSTRAINT pk_credit_grants PRIMARY KEY,
    account_id uuid NOT NULL CONSTRAINT fk_credit_grants_account_id REFERENCES ledger.credit_accounts (id),
    transfer_id uuid NOT NULL CONSTRAINT fk_credit_grants_transfer_id REFERENCES ledger.credit_transfers (id),
    priority integer NOT NULL,
    credits bigint NOT NULL,
    burned_credits bigint NOT NULL,
    withdrawn_credits bigint NOT NULL,
    expires_at timestamptz(3),
    created_at timestamptz(3) NOT NULL,
    CONSTRAINT uq_credit_grants_transfer_id UNIQUE (transfer_id),
    CONSTRAINT ck_credit_grants_credits CHECK (credits > 0 AND burned_credits >= 0 AND withdrawn_credits >= 0
      AND burned_credits + withdrawn_credits <= credits)
  )`,
  'CREATE INDEX ix_credit_grants_account_id ON ledger.credit_grants (account_id, priority, expires_at, id)',
  `CREATE INDEX ix_credit_grants_expires_at ON ledger.credit_grants (expires_at)
    WHERE expires_at IS NOT NULL AND burned_credits + withdrawn_credits < credits`,

  `CREATE TABLE ledger.credit_burns (
    transfer_id uuid NOT NULL CONSTRAINT fk_credit_burns_transfer_id REFERENCES ledger.credit_transfers (id),
    grant_id uuid NOT NULL CONSTRAINT fk_credit_burns_grant_id REFERENCES ledger.credit_grants (id),
    credits bigint NOT NULL,
    CONSTRAINT pk_credit_burns PRIMARY KEY (transfer_id, grant_id),
    CONSTRAINT ck_credit_burns_credits CHECK (credits > 0)
  )`,
  'CREATE INDEX ix_credit_burns_grant_id ON ledger.credit_burns (grant_id)',

  `CREATE TABLE ledger.credit_holds (
    id uuid CONSTRAINT pk_credit_holds PRIMARY KEY,
    seq bigserial CONSTRAINT uq_credit_holds_seq UNIQUE,
    account_id uuid NOT NULL CONSTRAINT fk_credit_holds_account_id REFERENCES ledger.credit_accounts (id),
    tenant_id uuid NOT NULL,
    purpose text NOT NULL,
    initial_micro_credits bigint NOT NULL,
    state text NOT NULL,
    charged_credits bigint,
    created_at timestamptz(3) NOT NULL,
    closed_at timestamptz(3),
    CONSTRAINT ck_credit_holds_purpose CHECK (purpose IN ('job', 'withdrawal')),
    CONSTRAINT ck_credit_holds_initial CHECK (initial_micro_credits >= 0),
    CONSTRAINT ck_credit_holds_state CHECK (state IN ('opening', 'open', 'closed')),
    CONSTRAINT ck_credit_holds_closed CHECK ((state = 'closed') = (num_nonnulls(charged_credits, closed_at) = 2))
  )`,
  // How numbers are written in the names of counters.
  `CREATE FUNCTION ledger.base36(value bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE rest bigint := value; digits text := '';
    BEGIN
      LOOP
        digits := substr('0123456789abcdefghijklmnopqrstuvwxyz', (rest % 36)::integer + 1, 1) || digits;
        rest := rest / 36;
        EXIT WHEN rest = 0;
      END LOOP;
      RETURN digits;
    END $$`,
  `CREATE INDEX ix_credit_holds_open ON ledger.credit_holds (tenant_id, account_id) WHERE state <> 'closed'`,
  'CREATE INDEX ix_credit_holds_account_id ON ledger.credit_holds (account_id)',

  // Books are corrected by further transfers, never by changing what is written.
  `CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$`,
  ...['credit_transfers', 'credit_entries', 'credit_burns'].map(
    (table) => `CREATE TRIGGER tr_${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.${table}
      FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change()`,
  ),
  // At the commit, so that a transfer may be written entry by entry: one that does not sum to zero cannot exist.
  `CREATE FUNCTION ledger.check_transfer_sum() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE total numeric; parts integer;
    BEGIN
      SELECT COALESCE(sum(credits), 0), count(*) INTO total, parts
        FROM ledger.credit_entries WHERE transfer_id = NEW.id;
      IF total <> 0 OR parts < 2 THEN
        RAISE EXCEPTION 'credit transfer % has % entries that sum to %', NEW.id, parts, total
          USING ERRCODE = 'check_violation';
      END IF;
      RETURN NULL;
    END $$`,
  `CREATE CONSTRAINT TRIGGER tr_credit_transfers_sum AFTER INSERT ON ledger.credit_transfers
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.check_transfer_sum()`,

  `ALTER TABLE ledger.usage_events
    ADD COLUMN client_cost_nano_usd numeric(38, 0),
    ADD COLUMN client_price_id text,
    ADD COLUMN credits bigint NOT NULL DEFAULT 0,
    ADD COLUMN micro_credits bigint NOT NULL DEFAULT 0,
    ADD COLUMN credit_transfer_id uuid,
    ADD COLUMN job_id uuid,
    ADD COLUMN job_call_id uuid`,
  'CREATE INDEX ix_usage_events_job_id ON ledger.usage_events (job_id) WHERE job_id IS NOT NULL',
  `ALTER TABLE ledger.usage_daily
    ADD COLUMN client_cost_nano_usd numeric(38, 0) NOT NULL DEFAULT 0,
    ADD COLUMN credits bigint NOT NULL DEFAULT 0`,
  'UPDATE ledger.usage_daily SET client_cost_nano_usd = cost_nano_usd',
];

const DOWN = [
  'ALTER TABLE ledger.usage_daily DROP COLUMN client_cost_nano_usd, DROP COLUMN credits',
  `ALTER TABLE ledger.usage_events DROP COLUMN client_cost_nano_usd, DROP COLUMN client_price_id, DROP COLUMN credits,
    DROP COLUMN micro_credits, DROP COLUMN credit_transfer_id, DROP COLUMN job_id, DROP COLUMN job_call_id`,
  ...['credit_holds', 'credit_burns', 'credit_grants', 'credit_entries', 'credit_transfers', 'credit_accounts'].map(
    (table) => `DROP TABLE ledger.${table}`,
  ),
  'DROP FUNCTION ledger.base36(bigint)',
  'DROP FUNCTION ledger.check_transfer_sum()',
  'DROP FUNCTION ledger.refuse_change()',
  'DROP TABLE saas.teams',
];

/**
 * Teams as the admin API knows them, and their credits: accounts, transfers of double entries, grants and what was
 * burned of them, and holds. Usage learns what the client pays, in money and in credits, and for which job.
 */
export class CreateTeamsAndCredits1795392400000 implements MigrationInterface {
  name = 'CreateTeamsAndCredits1795392400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
