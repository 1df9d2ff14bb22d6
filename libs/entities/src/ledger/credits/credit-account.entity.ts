import type { BudgetMode, RefillPeriod } from '@penstock/domain';
import { Check, Column, Entity, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

import { exactInteger } from '../integer-columns.js';

/** Whose account it is: a team's, or one of the two that credits come from and go to. */
export type CreditAccountKind = 'team' | 'issuance' | 'consumption';

/** Where all credits come from. Its balance is what was ever issued and not taken back, with a minus. */
export const ISSUANCE_ACCOUNT_ID = '00000000-0000-0000-0000-0000000000c1';
/** Where spent credits go. */
export const CONSUMPTION_ACCOUNT_ID = '00000000-0000-0000-0000-0000000000c2';

/**
 * The credits of a team. `allocated - used` is the balance, which equals the sum of the account's entries: both are
 * written in one transaction, and `credits-check` compares them.
 */
@Entity({ schema: 'ledger', name: 'credit_accounts' })
@Unique('uq_credit_accounts_seq', ['seq'])
@Check('ck_credit_accounts_kind', `kind IN ('team', 'issuance', 'consumption')`)
@Check(
  'ck_credit_accounts_team',
  `(kind = 'team') = (num_nonnulls(tenant_id, governance_team_id, team_id, organization_id) = 4)
      AND num_nonnulls(tenant_id, governance_team_id, team_id, organization_id) IN (0, 4)`,
)
@Check('ck_credit_accounts_budget_mode', `budget_mode IN ('job_based', 'consumption_usd', 'consumption_tokens')`)
@Check('ck_credit_accounts_rates', 'credits_per_dollar > 0 AND tokens_per_credit > 0')
@Check(
  'ck_credit_accounts_amounts',
  'allocated_credits >= 0 AND used_credits >= 0 AND overdraft_credits >= 0 AND low_balance_threshold_credits >= 0',
)
@Check(
  'ck_credit_accounts_refill',
  `refill_credits > 0 AND refill_period IN ('daily', 'weekly', 'monthly')
      AND (NOT auto_refill OR num_nonnulls(refill_credits, refill_period, refill_anchor_at) = 3)`,
)
@Index('uq_credit_accounts_open_team', ['governanceTeamId'], {
  unique: true,
  where: "closed_at IS NULL AND kind = 'team'",
})
@Index('ix_credit_accounts_team_id', ['teamId'])
@Index('ix_credit_accounts_tenant_id', ['tenantId'])
@Index('ix_credit_accounts_organization_id', ['organizationId'])
@Check('ck_credit_accounts_next_refill_at', 'auto_refill = (next_refill_at IS NOT NULL)')
@Index('ix_credit_accounts_next_refill_at', ['nextRefillAt'], { where: 'auto_refill' })
export class CreditAccountEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_credit_accounts' })
  id!: string;

  /** Short number that names the account's counter in Redis (`k<base 36>`); never reused. Decimal integer. */
  @Generated('increment')
  @Column({ type: 'bigint', name: 'seq' })
  seq!: string;

  @Column({ type: 'text', name: 'kind' })
  kind!: CreditAccountKind;

  /** Tenant in which the account's counter lies; null unless it is a team's, like the next three. */
  @Column({ type: 'uuid', name: 'tenant_id', nullable: true })
  tenantId!: string | null;

  @Column({ type: 'uuid', name: 'governance_team_id', nullable: true })
  governanceTeamId!: string | null;

  /** As the operator calls it. The team may be gone: books stay. */
  @Column({ type: 'text', name: 'team_id', nullable: true })
  teamId!: string | null;

  @Column({ type: 'text', name: 'organization_id', nullable: true })
  organizationId!: string | null;

  @Column({ type: 'text', name: 'budget_mode' })
  budgetMode!: BudgetMode;

  /** Decimal text with two places: credits for one dollar of client cost. */
  @Column({ type: 'numeric', name: 'credits_per_dollar', precision: 12, scale: 2 })
  creditsPerDollar!: string;

  @Column({ type: 'bigint', name: 'tokens_per_credit', transformer: exactInteger })
  tokensPerCredit!: bigint;

  /** Everything that came in, less what was withdrawn without being used. */
  @Column({ type: 'bigint', name: 'allocated_credits', transformer: exactInteger })
  allocatedCredits!: bigint;

  /** Everything that calls and jobs used. Never decreases. */
  @Column({ type: 'bigint', name: 'used_credits', transformer: exactInteger })
  usedCredits!: bigint;

  /** How far below zero the balance may go. */
  @Column({ type: 'bigint', name: 'overdraft_credits', transformer: exactInteger })
  overdraftCredits!: bigint;

  /** A balance below this raises an alert; null: none does. */
  @Column({ type: 'bigint', name: 'low_balance_threshold_credits', nullable: true, transformer: exactInteger })
  lowBalanceThresholdCredits!: bigint | null;

  @Column({ type: 'boolean', name: 'auto_refill' })
  autoRefill!: boolean;

  @Column({ type: 'bigint', name: 'refill_credits', nullable: true, transformer: exactInteger })
  refillCredits!: bigint | null;

  @Column({ type: 'text', name: 'refill_period', nullable: true })
  refillPeriod!: RefillPeriod | null;

  /** Periods are counted from here, so that the n-th of them is the same for every process. */
  @Column({ type: 'timestamptz', name: 'refill_anchor_at', precision: 3, nullable: true })
  refillAnchorAt!: Date | null;

  /** When the period that runs now ends; null when the account is not refilled. */
  @Column({ type: 'timestamptz', name: 'next_refill_at', precision: 3, nullable: true })
  nextRefillAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'last_refill_at', precision: 3, nullable: true })
  lastRefillAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;

  /** When its team was deleted. */
  @Column({ type: 'timestamptz', name: 'closed_at', precision: 3, nullable: true })
  closedAt!: Date | null;
}
