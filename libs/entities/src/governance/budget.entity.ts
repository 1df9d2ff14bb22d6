import type { OnExceed } from '@penstock/domain';
import { Check, Column, Entity, ForeignKey, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { ModelConfigEntity } from './model-config.entity.js';
import { ProviderConfigEntity } from './provider-config.entity.js';
import { TeamEntity } from './team.entity.js';
import { VirtualKeyEntity } from './virtual-key.entity.js';

/**
 * How much money its owner may spend in each window. Exactly one owner column is set; a shared budget belongs to a
 * tenant and limits what is attached to it.
 */
@Entity({ name: 'budgets', schema: 'governance' })
@Unique('uq_budgets_seq', ['seq'])
@Check(
  'ck_budgets_one_owner',
  'num_nonnulls(virtual_key_id, team_id, customer_id, provider_config_id, model_config_id, shared_tenant_id) = 1',
)
@Check('ck_budgets_max_limit_cents', 'max_limit_cents >= 0')
@Check('ck_budgets_on_exceed', "on_exceed IN ('deny', 'clamp', 'fallback', 'shadow')")
@Check('ck_budgets_fallback_model', "(on_exceed = 'fallback') = (fallback_model IS NOT NULL)")
@Check('ck_budgets_rollover_max_cents', 'rollover_max_cents >= 0')
@Index('ix_budgets_provider_config_id', ['providerConfigId'], { where: 'provider_config_id IS NOT NULL' })
@Index('ix_budgets_model_config_id', ['modelConfigId'], { where: 'model_config_id IS NOT NULL' })
@Index('ix_budgets_shared_tenant_id', ['sharedTenantId'], { where: 'shared_tenant_id IS NOT NULL' })
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

  @ForeignKey(() => ProviderConfigEntity, 'id', { name: 'fk_budgets_provider_config_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'provider_config_id', nullable: true })
  providerConfigId!: string | null;

  @ForeignKey(() => ModelConfigEntity, 'id', { name: 'fk_budgets_model_config_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'model_config_id', nullable: true })
  modelConfigId!: string | null;

  /** Set on a shared budget: the tenant among whose counters it counts, and to which all that is attached belongs. */
  @Column({ type: 'uuid', name: 'shared_tenant_id', nullable: true })
  sharedTenantId!: string | null;

  /** What a shared budget is called; null for a budget of one owner. */
  @Column({ type: 'text', name: 'name', nullable: true })
  name!: string | null;

  /** Decimal, seven places: a cent is 10^7 nano-dollars. May exceed 2^53, and 2^63 nano-dollars. */
  @Column({ type: 'numeric', name: 'max_limit_cents', precision: 38, scale: 7 })
  maxLimitCents!: string;

  /** As the operator wrote it. */
  @Column({ type: 'text', name: 'reset_duration' })
  resetDuration!: string;

  /** Windows tile time from here; where they follow the calendar, the first one begins here. */
  @Column({ type: 'timestamptz', name: 'anchor_at', precision: 3 })
  anchorAt!: Date;

  /** Since when windows follow the tenant's calendar; null: they roll from the anchor. */
  @Column({ type: 'timestamptz', name: 'aligned_from', precision: 3, nullable: true })
  alignedFrom!: Date | null;

  @Column({ type: 'text', name: 'on_exceed', default: 'deny' })
  onExceed!: OnExceed;

  /** `provider/model` that is called instead; set with `on_exceed` fallback only. */
  @Column({ type: 'text', name: 'fallback_model', nullable: true })
  fallbackModel!: string | null;

  /** Percents of the limit whose crossing is announced; ascending, each once. */
  @Column({ type: 'integer', name: 'thresholds', array: true, default: () => "'{}'" })
  thresholds!: number[];

  /** Most of the unused part of a window that the next one gets; null: nothing is carried over. */
  @Column({ type: 'numeric', name: 'rollover_max_cents', precision: 38, scale: 7, nullable: true })
  rolloverMaxCents!: string | null;

  /** Part of the counters' identity: raising it starts from zero without touching history. */
  @Column({ type: 'integer', name: 'generation' })
  generation!: number;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
