import { Check, Column, Entity, ForeignKey, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { TeamEntity } from './team.entity.js';
import { VirtualKeyEntity } from './virtual-key.entity.js';

/** How much money its owner may spend in each window. Exactly one owner column is set. */
@Entity({ name: 'budgets', schema: 'governance' })
@Unique('uq_budgets_seq', ['seq'])
@Check('ck_budgets_one_owner', 'num_nonnulls(virtual_key_id, team_id, customer_id) = 1')
@Check('ck_budgets_max_limit_cents', 'max_limit_cents >= 0')
@Index('ix_budgets_virtual_key_id', ['virtualKeyId'])
@Index('ix_budgets_team_id', ['teamId'])
@Index('ix_budgets_customer_id', ['customerId'])
export class BudgetEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_budgets' })
  id!: string;

  /** Short number that names the budget's counters in Redis; never reused. Decimal integer. */
  @Generated('increment')
  @Column({ type: 'bigint', name: 'seq' })
  seq!: string;

  @ForeignKey(() => VirtualKeyEntity, 'id', { name: 'fk_budgets_virtual_key_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'virtual_key_id', nullable: true })
  virtualKeyId!: string | null;

  @ForeignKey(() => TeamEntity, 'id', { name: 'fk_budgets_team_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @ForeignKey(() => CustomerEntity, 'id', { name: 'fk_budgets_customer_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'customer_id', nullable: true })
  customerId!: string | null;

  /** Decimal, seven places: a cent is 10^7 nano-dollars. May exceed 2^53, and 2^63 nano-dollars. */
  @Column({ type: 'numeric', name: 'max_limit_cents', precision: 38, scale: 7 })
  maxLimitCents!: string;

  /** As the operator wrote it. */
  @Column({ type: 'text', name: 'reset_duration' })
  resetDuration!: string;

  /** Windows tile time from here. */
  @Column({ type: 'timestamptz', name: 'anchor_at', precision: 3 })
  anchorAt!: Date;

  /** Part of the counters' identity: raising it starts from zero without touching history. */
  @Column({ type: 'integer', name: 'generation' })
  generation!: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
