import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // The end of a period is computed once, when the one before it ends: looking for what is due is an index scan.
  `ALTER TABLE ledger.credit_accounts ADD COLUMN next_refill_at timestamptz(3),
    ADD CONSTRAINT ck_credit_accounts_next_refill_at CHECK (auto_refill = (next_refill_at IS NOT NULL))`,
  'DROP INDEX ledger.ix_credit_accounts_auto_refill',
  'CREATE INDEX ix_credit_accounts_next_refill_at ON ledger.credit_accounts (next_refill_at) WHERE auto_refill',

  // Accounts collect grants that are used up; a posting reads only the others.
  `CREATE INDEX ix_credit_grants_rest ON ledger.credit_grants (account_id)
    WHERE burned_credits + withdrawn_credits < credits`,
  `CREATE INDEX ix_credit_transfers_refunds ON ledger.credit_transfers (account_id, job_id) WHERE type = 'refund'`,
  `CREATE INDEX ix_credit_holds_withdrawals ON ledger.credit_holds (created_at)
    WHERE purpose = 'withdrawal' AND state <> 'closed'`,

  `ALTER TABLE governance.alerts
    ALTER COLUMN budget_id DROP NOT NULL,
    ALTER COLUMN limit_key DROP NOT NULL,
    ALTER COLUMN generation DROP NOT NULL,
    ALTER COLUMN window_start_at DROP NOT NULL,
    ALTER COLUMN window_end_at DROP NOT NULL,
    ALTER COLUMN used_nano_usd DROP NOT NULL,
    ALTER COLUMN cap_nano_usd DROP NOT NULL,
    ADD COLUMN credit_account_id uuid,
    ADD COLUMN credit_transfer_id uuid,
    ADD COLUMN balance_credits bigint,
    ADD COLUMN threshold_credits bigint,
    DROP CONSTRAINT ck_alerts_kind,
    ADD CONSTRAINT ck_alerts_kind CHECK (kind IN ('threshold', 'forecast', 'credits_low', 'credits_exhausted')),
    ADD CONSTRAINT ck_alerts_budget CHECK (num_nonnulls(budget_id, limit_key, generation, window_start_at,
      window_end_at, used_nano_usd, cap_nano_usd) = CASE WHEN kind IN ('threshold', 'forecast') THEN 7 ELSE 0 END),
    ADD CONSTRAINT ck_alerts_credits CHECK (num_nonnulls(credit_account_id, balance_credits)
      = CASE WHEN kind IN ('threshold', 'forecast') THEN 0 ELSE 2 END
      AND (threshold_credits IS NOT NULL) = (kind = 'credits_low')),
    DROP CONSTRAINT uq_alerts_window_kind_threshold_percent`,
  `CREATE UNIQUE INDEX uq_alerts_window_kind_threshold_percent ON governance.alerts
    (limit_key, generation, window_start_at, kind, threshold_percent) NULLS NOT DISTINCT WHERE budget_id IS NOT NULL`,
  `CREATE UNIQUE INDEX uq_alerts_credit_transfer_id_kind ON governance.alerts (credit_transfer_id, kind)
    WHERE credit_transfer_id IS NOT NULL`,
];

const DOWN = [
  `DELETE FROM governance.alerts WHERE kind IN ('credits_low', 'credits_exhausted')`,
  'DROP INDEX governance.uq_alerts_credit_transfer_id_kind',
  'DROP INDEX governance.uq_alerts_window_kind_threshold_percent',
  `ALTER TABLE governance.alerts
    ADD CONSTRAINT uq_alerts_window_kind_threshold_percent
      UNIQUE NULLS NOT DISTINCT (limit_key, generation, window_start_at, kind, threshold_percent),
    DROP CONSTRAINT ck_alerts_budget,
    DROP CONSTRAINT ck_alerts_credits,
    DROP CONSTRAINT ck_alerts_kind,
    ADD CONSTRAINT ck_alerts_kind CHECK (kind IN ('threshold', 'forecast')),
    DROP COLUMN credit_account_id,
    DROP COLUMN credit_transfer_id,
    DROP COLUMN balance_credits,
    DROP COLUMN threshold_credits,
    ALTER COLUMN budget_id SET NOT NULL,
    ALTER COLUMN limit_key SET NOT NULL,
    ALTER COLUMN generation SET NOT NULL,
    ALTER COLUMN window_start_at SET NOT NULL,
    ALTER COLUMN window_end_at SET NOT NULL,
    ALTER COLUMN used_nano_usd SET NOT NULL,
    ALTER COLUMN cap_nano_usd SET NOT NULL`,
  'DROP INDEX ledger.ix_credit_holds_withdrawals',
  'DROP INDEX ledger.ix_credit_transfers_refunds',
  'DROP INDEX ledger.ix_credit_grants_rest',
  'DROP INDEX ledger.ix_credit_accounts_next_refill_at',
  `CREATE INDEX ix_credit_accounts_auto_refill ON ledger.credit_accounts (id) WHERE auto_refill AND closed_at IS NULL`,
  'ALTER TABLE ledger.credit_accounts DROP COLUMN next_refill_at',
];

/** When accounts are refilled next, what postings look up, and alerts about credits. */
export class CreditOperations1795392450000 implements MigrationInterface {
  name = 'CreditOperations1795392450000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}
