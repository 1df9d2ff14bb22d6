import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

import { exactInteger } from './integer-columns.js';

/**
 * Sums of usage events per UTC day, path and model: what reports read, so that none scans events.
 *
 * The unique constraint treats nulls as equal (stated in the migration; TypeORM cannot say it).
 */
@Entity({ schema: 'ledger', name: 'usage_daily' })
@Unique('uq_usage_daily_day_path_model', [
  'day',
  'tenantId',
  'virtualKeyId',
  'teamId',
  'customerId',
  'provider',
  'model',
])
@Index('ix_usage_daily_tenant_id_day', ['tenantId', 'day'])
export class UsageDailyEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_usage_daily' })
  id!: string;

  /** `YYYY-MM-DD`, UTC day of the start of the calls. */
  @Column({ type: 'date', name: 'day' })
  day!: string;

  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  @Column({ type: 'uuid', name: 'virtual_key_id' })
  virtualKeyId!: string;

  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @Column({ type: 'uuid', name: 'customer_id', nullable: true })
  customerId!: string | null;

  @Column({ type: 'text', name: 'provider' })
  provider!: string;

  /** Model sent to the provider. */
  @Column({ type: 'text', name: 'model' })
  model!: string;

  @Column({ type: 'bigint', name: 'calls', transformer: exactInteger })
  calls!: bigint;

  @Column({ type: 'bigint', name: 'calls_estimated', transformer: exactInteger })
  callsEstimated!: bigint;

  @Column({ type: 'bigint', name: 'input_tokens', transformer: exactInteger })
  inputTokens!: bigint;

  @Column({ type: 'bigint', name: 'cache_read_tokens', transformer: exactInteger })
  cacheReadTokens!: bigint;

  @Column({ type: 'bigint', name: 'cache_write_5m_tokens', transformer: exactInteger })
  cacheWrite5mTokens!: bigint;

  @Column({ type: 'bigint', name: 'cache_write_1h_tokens', transformer: exactInteger })
  cacheWrite1hTokens!: bigint;

  @Column({ type: 'bigint', name: 'output_tokens', transformer: exactInteger })
  outputTokens!: bigint;

  @Column({ type: 'bigint', name: 'reasoning_tokens', transformer: exactInteger })
  reasoningTokens!: bigint;

  @Column({ type: 'bigint', name: 'input_audio_tokens', transformer: exactInteger })
  inputAudioTokens!: bigint;

  @Column({ type: 'bigint', name: 'output_audio_tokens', transformer: exactInteger })
  outputAudioTokens!: bigint;

  @Column({ type: 'bigint', name: 'input_image_tokens', transformer: exactInteger })
  inputImageTokens!: bigint;

  @Column({ type: 'bigint', name: 'tool_units', transformer: exactInteger })
  toolUnits!: bigint;

  @Column({ type: 'bigint', name: 'tokens', transformer: exactInteger })
  tokens!: bigint;

  @Column({ type: 'numeric', name: 'cost_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  costNanoUsd!: bigint;

  /** What clients pay, by the organization's price book. */
  @Column({
    type: 'numeric',
    name: 'client_cost_nano_usd',
    precision: 38,
    scale: 0,
    default: 0,
    transformer: exactInteger,
  })
  clientCostNanoUsd!: bigint;

  /** Credits of calls without a job. */
  @Column({ type: 'bigint', name: 'credits', default: 0, transformer: exactInteger })
  credits!: bigint;
}
