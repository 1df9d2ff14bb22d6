import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { BudgetEntity } from './budget.entity.js';

/** A budget that is larger for a while. Rows stay when they have ended: they explain what was spent. */
@Entity({ name: 'budget_raises', schema: 'governance' })
@Check('ck_budget_raises_amount_cents', 'amount_cents > 0')
@Check('ck_budget_raises_span', 'ends_at >= starts_at')
@Index('ix_budget_raises_budget_id_ends_at', ['budgetId', 'endsAt'])
export class BudgetRaiseEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_budget_raises' })
  id!: string;

  @ForeignKey(() => BudgetEntity, 'id', { name: 'fk_budget_raises_budget_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'budget_id' })
  budgetId!: string;

  /** Added to the limit. Decimal, seven places: a cent is 10^7 nano-dollars. */
  @Column({ type: 'numeric', name: 'amount_cents', precision: 38, scale: 7 })
  amountCents!: string;

  @Column({ type: 'timestamptz', name: 'starts_at', precision: 3 })
  startsAt!: Date;

  /** The raise is over at this instant; brought forward when it is ended early. */
  @Column({ type: 'timestamptz', name: 'ends_at', precision: 3 })
  endsAt!: Date;

  /** Why, in the operator's words. */
  @Column({ type: 'text', name: 'reason', nullable: true })
  reason!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
