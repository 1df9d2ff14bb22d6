import { Check, Column, Entity, ForeignKey, Generated, Index, PrimaryColumn, Unique } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { TeamEntity } from './team.entity.js';
import { VirtualKeyEntity } from './virtual-key.entity.js';

/** How many tokens and requests its owner may use, each half with a window of its own. Exactly one owner column is set. */
@Entity({ name: 'rate_limits', schema: 'governance' })
@Unique('uq_rate_limits_seq', ['seq'])
@Check('ck_rate_limits_one_owner', 'num_nonnulls(virtual_key_id, team_id, customer_id) = 1')
@Check('ck_rate_limits_token_max_limit', 'token_max_limit >= 0')
@Check('ck_rate_limits_request_max_limit', 'request_max_limit >= 0')
@Check('ck_rate_limits_token_duration', 'token_max_limit IS NULL OR token_reset_duration IS NOT NULL')
@Check('ck_rate_limits_request_duration', 'request_max_limit IS NULL OR request_reset_duration IS NOT NULL')
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

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
