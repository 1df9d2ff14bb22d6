import type { LimitEntity } from '@penstock/domain';
import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

import { exactInteger } from '../ledger/integer-columns.js';

/** Whom a budget belonged to when the alert was raised. */
export interface AlertOwner {
  readonly entity: LimitEntity;
  readonly id: string;
  readonly name: string;
}

/**
 * A budget reached a threshold, or will run out before its window ends. The unique key is what "once per window"
 * means: whoever notices first writes the row, everybody else finds it. It outlives the budget.
 *
 * The constraint is NULLS NOT DISTINCT, so a forecast (without percent) is once per window as well.
 */
@Entity({ name: 'alerts', schema: 'governance' })
@Unique('uq_alerts_window_kind_threshold_percent', [
  'limitKey',
  'generation',
  'windowStartAt',
  'kind',
  'thresholdPercent',
])
@Check('ck_alerts_kind', "kind IN ('threshold', 'forecast')")
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

  @Column({ type: 'uuid', name: 'budget_id' })
  budgetId!: string;

  @Column({ type: 'text', name: 'limit_key' })
  limitKey!: string;

  @Column({ type: 'integer', name: 'generation' })
  generation!: number;

  @Column({ type: 'timestamptz', name: 'window_start_at', precision: 3 })
  windowStartAt!: Date;

  @Column({ type: 'timestamptz', name: 'window_end_at', precision: 3 })
  windowEndAt!: Date;

  @Column({ type: 'text', name: 'kind' })
  kind!: 'threshold' | 'forecast';

  /** Percent of the cap; null for a forecast. */
  @Column({ type: 'integer', name: 'threshold_percent', nullable: true })
  thresholdPercent!: number | null;

  /** Settled usage when the alert was raised. */
  @Column({ type: 'numeric', name: 'used_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  usedNanoUsd!: bigint;

  @Column({ type: 'numeric', name: 'cap_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  capNanoUsd!: bigint;

  /** When the budget is empty at the pace of the alert; null for a threshold. */
  @Column({ type: 'timestamptz', name: 'exhausts_at', precision: 3, nullable: true })
  exhaustsAt!: Date | null;

  /** With their names of that moment. */
  @Column({ type: 'jsonb', name: 'owners' })
  owners!: AlertOwner[];

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
