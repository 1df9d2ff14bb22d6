import type { LimitEntity } from '@penstock/domain';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { exactInteger } from '../ledger/integer-columns.js';

/** Whom a budget belonged to when the alert was raised. */
export interface AlertOwner {
  readonly entity: LimitEntity;
  readonly id: string;
  readonly name: string;
}

/** What is told of a budget. */
export type BudgetAlertKind = 'threshold' | 'forecast';
/** What is told of a team's credits. */
export type CreditAlertKind = 'credits_low' | 'credits_exhausted';

/**
 * A budget reached a threshold, or will run out before its window ends; or the credits of a team became few, or none.
 * Unique keys are what "once" means, per window of a budget and per booking of credits: whoever notices first writes
 * the row, everybody else finds it. It outlives the budget.
 *
 * The key of windows is NULLS NOT DISTINCT, so a forecast (without percent) is once per window as well.
 */
@Entity({ name: 'alerts', schema: 'governance' })
@Index(
  'uq_alerts_window_kind_threshold_percent',
  ['limitKey', 'generation', 'windowStartAt', 'kind', 'thresholdPercent'],
  { unique: true, where: 'budget_id IS NOT NULL' },
)
@Index('uq_alerts_credit_transfer_id_kind', ['creditTransferId', 'kind'], {
  unique: true,
  where: 'credit_transfer_id IS NOT NULL',
})
@Check('ck_alerts_kind', "kind IN ('threshold', 'forecast', 'credits_low', 'credits_exhausted')")
@Check(
  'ck_alerts_budget',
  `num_nonnulls(budget_id, limit_key, generation, window_start_at,
      window_end_at, used_nano_usd, cap_nano_usd) = CASE WHEN kind IN ('threshold', 'forecast') THEN 7 ELSE 0 END`,
)
@Check(
  'ck_alerts_credits',
  `num_nonnulls(credit_account_id, balance_credits)
      = CASE WHEN kind IN ('threshold', 'forecast') THEN 0 ELSE 2 END
      AND (threshold_credits IS NOT NULL) = (kind = 'credits_low')`,
)
@Check('ck_alerts_threshold_percent', "(kind = 'threshold') = (threshold_percent IS NOT NULL)")
@Check('ck_alerts_exhausts_at', "(kind = 'forecast') = (exhausts_at IS NOT NULL)")
@Index('ix_alerts_created_at', ['createdAt', 'id'])
@Index('ix_alerts_tenant_id', ['tenantId', 'createdAt'])
@Index('ix_alerts_budget_id', ['budgetId', 'createdAt'])
export class AlertEntity {
  /** Also the id of the event that receivers see. */
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_alerts' })
  id!: string;

  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  /** Null for credits, like everything that is said of a window. */
  @Column({ type: 'uuid', name: 'budget_id', nullable: true })
  budgetId!: string | null;

  @Column({ type: 'text', name: 'limit_key', nullable: true })
  limitKey!: string | null;

  @Column({ type: 'integer', name: 'generation', nullable: true })
  generation!: number | null;

  @Column({ type: 'timestamptz', name: 'window_start_at', precision: 3, nullable: true })
  windowStartAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'window_end_at', precision: 3, nullable: true })
  windowEndAt!: Date | null;

  @Column({ type: 'text', name: 'kind' })
  kind!: BudgetAlertKind | CreditAlertKind;

  /** Percent of the cap; null for a forecast. */
  @Column({ type: 'integer', name: 'threshold_percent', nullable: true })
  thresholdPercent!: number | null;

  /** Settled usage when the alert was raised. */
  @Column({
    type: 'numeric',
    name: 'used_nano_usd',
    precision: 38,
    scale: 0,
    nullable: true,
    transformer: exactInteger,
  })
  usedNanoUsd!: bigint | null;

  @Column({ type: 'numeric', name: 'cap_nano_usd', precision: 38, scale: 0, nullable: true, transformer: exactInteger })
  capNanoUsd!: bigint | null;

  /** When the budget is empty at the pace of the alert; null for a threshold. */
  @Column({ type: 'timestamptz', name: 'exhausts_at', precision: 3, nullable: true })
  exhaustsAt!: Date | null;

  /** Of credits; null for a budget, like the next three. */
  @Column({ type: 'uuid', name: 'credit_account_id', nullable: true })
  creditAccountId!: string | null;

  /** The booking that did it; null also when a setting was changed. */
  @Column({ type: 'uuid', name: 'credit_transfer_id', nullable: true })
  creditTransferId!: string | null;

  /** When the alert was raised. */
  @Column({ type: 'bigint', name: 'balance_credits', nullable: true, transformer: exactInteger })
  balanceCredits!: bigint | null;

  /** That the balance fell below. */
  @Column({ type: 'bigint', name: 'threshold_credits', nullable: true, transformer: exactInteger })
  thresholdCredits!: bigint | null;

  /** With their names of that moment. */
  @Column({ type: 'jsonb', name: 'owners' })
  owners!: AlertOwner[];

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
