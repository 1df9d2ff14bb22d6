import type { OnExceed } from '@penstock/domain';
import { Check, Column, Entity, ForeignKey, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { ModelConfigEntity } from './model-config.entity.js';
import { ProviderConfigEntity } from './provider-config.entity.js';
import { TeamEntity } from './team.entity.js';
import { VirtualKeyEntity } from './virtual-key.entity.js';

/** How the windows of a rate limit lie: side by side, or always the last stretch of time. */
export type WindowType = 'fixed' | 'sliding';

/**
 * How many tokens (all, input, output) and requests its owner may use, each with a window of its own, and how many
 * requests may run at once. Exactly one owner column is set.
 */
@Entity({ name: 'rate_limits', schema: 'governance' })
@Unique('uq_rate_limits_seq', ['seq'])
@Check(
  'ck_rate_limits_one_owner',
  'num_nonnulls(virtual_key_id, team_id, customer_id, provider_config_id, model_config_id) = 1',
)
@Check('ck_rate_limits_token_max_limit', 'token_max_limit >= 0')
@Check('ck_rate_limits_request_max_limit', 'request_max_limit >= 0')
@Check('ck_rate_limits_token_duration', 'token_max_limit IS NULL OR token_reset_duration IS NOT NULL')
@Check('ck_rate_limits_request_duration', 'request_max_limit IS NULL OR request_reset_duration IS NOT NULL')
@Check('ck_rate_limits_input_token_max_limit', 'input_token_max_limit >= 0')
@Check('ck_rate_limits_output_token_max_limit', 'output_token_max_limit >= 0')
@Check('ck_rate_limits_concurrent_max_limit', 'concurrent_max_limit >= 0')
@Check('ck_rate_limits_input_token_duration', 'input_token_max_limit IS NULL OR input_token_reset_duration IS NOT NULL')
@Check(
  'ck_rate_limits_output_token_duration',
  'output_token_max_limit IS NULL OR output_token_reset_duration IS NOT NULL',
)
@Check('ck_rate_limits_window_type', "window_type IN ('fixed', 'sliding')")
@Check('ck_rate_limits_on_exceed', "on_exceed IN ('deny', 'clamp', 'fallback', 'shadow')")
@Check('ck_rate_limits_fallback_model', "(on_exceed = 'fallback') = (fallback_model IS NOT NULL)")
@Index('ix_rate_limits_provider_config_id', ['providerConfigId'], { where: 'provider_config_id IS NOT NULL' })
@Index('ix_rate_limits_model_config_id', ['modelConfigId'], { where: 'model_config_id IS NOT NULL' })
@Index('ix_rate_limits_virtual_key_id', ['virtualKeyId'])
@Index('ix_rate_limits_team_id', ['teamId'])
@Index('ix_rate_limits_customer_id', ['customerId'])
export class RateLimitEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_rate_limits' })
  id!: string;

  /** Short number that names the counters in Redis; never reused. Decimal integer. */
  @Generated('increment')
  @Column({ type: 'bigint', name: 'seq' })
  seq!: string;

  @ForeignKey(() => VirtualKeyEntity, 'id', { name: 'fk_rate_limits_virtual_key_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'virtual_key_id', nullable: true })
  virtualKeyId!: string | null;

  @ForeignKey(() => TeamEntity, 'id', { name: 'fk_rate_limits_team_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @ForeignKey(() => CustomerEntity, 'id', { name: 'fk_rate_limits_customer_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'customer_id', nullable: true })
  customerId!: string | null;

  @ForeignKey(() => ProviderConfigEntity, 'id', { name: 'fk_rate_limits_provider_config_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'provider_config_id', nullable: true })
  providerConfigId!: string | null;

  @ForeignKey(() => ModelConfigEntity, 'id', { name: 'fk_rate_limits_model_config_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'model_config_id', nullable: true })
  modelConfigId!: string | null;

  /** Whether windows stand side by side or slide with the clock. */
  @Column({ type: 'text', name: 'window_type', default: 'fixed' })
  windowType!: WindowType;

  @Column({ type: 'text', name: 'on_exceed', default: 'deny' })
  onExceed!: OnExceed;

  /** `provider/model` that is called instead; set with `on_exceed` fallback only. */
  @Column({ type: 'text', name: 'fallback_model', nullable: true })
  fallbackModel!: string | null;

  /** Decimal integer; null: tokens are not limited. */
  @Column({ type: 'numeric', name: 'token_max_limit', precision: 30, scale: 0, nullable: true })
  tokenMaxLimit!: string | null;

  @Column({ type: 'text', name: 'token_reset_duration', nullable: true })
  tokenResetDuration!: string | null;

  @Column({ type: 'timestamptz', name: 'token_anchor_at', precision: 3 })
  tokenAnchorAt!: Date;

  @Column({ type: 'integer', name: 'token_generation' })
  tokenGeneration!: number;

  /** Decimal integer; null: requests are not limited. */
  @Column({ type: 'numeric', name: 'request_max_limit', precision: 30, scale: 0, nullable: true })
  requestMaxLimit!: string | null;

  @Column({ type: 'text', name: 'request_reset_duration', nullable: true })
  requestResetDuration!: string | null;

  @Column({ type: 'timestamptz', name: 'request_anchor_at', precision: 3 })
  requestAnchorAt!: Date;

  @Column({ type: 'integer', name: 'request_generation' })
  requestGeneration!: number;

  /** Decimal integer; null: input tokens are not limited. */
  @Column({ type: 'numeric', name: 'input_token_max_limit', precision: 30, scale: 0, nullable: true })
  inputTokenMaxLimit!: string | null;

  @Column({ type: 'text', name: 'input_token_reset_duration', nullable: true })
  inputTokenResetDuration!: string | null;

  @Column({ type: 'timestamptz', name: 'input_token_anchor_at', precision: 3, default: () => 'now()' })
  inputTokenAnchorAt!: Date;

  @Column({ type: 'integer', name: 'input_token_generation', default: 1 })
  inputTokenGeneration!: number;

  /** Decimal integer; null: output tokens are not limited. */
  @Column({ type: 'numeric', name: 'output_token_max_limit', precision: 30, scale: 0, nullable: true })
  outputTokenMaxLimit!: string | null;

  @Column({ type: 'text', name: 'output_token_reset_duration', nullable: true })
  outputTokenResetDuration!: string | null;

  @Column({ type: 'timestamptz', name: 'output_token_anchor_at', precision: 3, default: () => 'now()' })
  outputTokenAnchorAt!: Date;

  @Column({ type: 'integer', name: 'output_token_generation', default: 1 })
  outputTokenGeneration!: number;

  /** Decimal integer; null: concurrent requests are not limited. */
  @Column({ type: 'numeric', name: 'concurrent_max_limit', precision: 30, scale: 0, nullable: true })
  concurrentMaxLimit!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
