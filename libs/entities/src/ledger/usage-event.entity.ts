import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { exactInteger } from './integer-columns.js';

/** One accounted upstream call. Append-only; partitioned by month of `startedAt`. */
@Entity({ schema: 'ledger', name: 'usage_events' })
@Index('ix_usage_events_tenant_id_started_at', ['tenantId', 'startedAt'])
@Check('ck_usage_events_outcome', `outcome IN ('completed', 'client_gone', 'truncated', 'orphaned')`)
@Index('ix_usage_events_job_id', ['jobId'], { where: 'job_id IS NOT NULL' })
@Index('ix_usage_events_counter_pending', ['tenantId'], { where: 'is_counter_pending' })
export class UsageEventEntity {
  /** The call's hold id. */
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_usage_events' })
  id!: string;

  @PrimaryColumn({ type: 'timestamptz', name: 'started_at', primaryKeyConstraintName: 'pk_usage_events' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', name: 'settled_at' })
  settledAt!: Date;

  @Column({ type: 'text', name: 'request_id' })
  requestId!: string;

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

  /** As the caller named it. */
  @Column({ type: 'text', name: 'model_requested' })
  modelRequested!: string;

  @Column({ type: 'text', name: 'model_sent' })
  modelSent!: string;

  @Column({ type: 'text', name: 'model_reported', nullable: true })
  modelReported!: string | null;

  /** Version of the price that was applied; null when the price was unknown. */
  @Column({ type: 'text', name: 'price_id', nullable: true })
  priceId!: string | null;

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

  /** Charged to token limits. */
  @Column({ type: 'bigint', name: 'tokens', transformer: exactInteger })
  tokens!: bigint;

  /** Charged to limits on input tokens. */
  @Column({ type: 'bigint', name: 'charged_input_tokens', default: 0, transformer: exactInteger })
  chargedInputTokens!: bigint;

  /** Charged to limits on output tokens. */
  @Column({ type: 'bigint', name: 'charged_output_tokens', default: 0, transformer: exactInteger })
  chargedOutputTokens!: bigint;

  /** Charged to budgets. */
  @Column({ type: 'numeric', name: 'cost_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  costNanoUsd!: bigint;

  /** What the client pays, by the organization's price book; null in rows of earlier releases: the cost. */
  @Column({
    type: 'numeric',
    name: 'client_cost_nano_usd',
    precision: 38,
    scale: 0,
    nullable: true,
    transformer: exactInteger,
  })
  clientCostNanoUsd!: bigint | null;

  /** Version of the price book entry that was applied; null when the client pays the cost. */
  @Column({ type: 'text', name: 'client_price_id', nullable: true })
  clientPriceId!: string | null;

  /** Charged to the credits of the team, for a call without a job. */
  @Column({ type: 'bigint', name: 'credits', default: 0, transformer: exactInteger })
  credits!: bigint;

  /** Charged to the job, in millionths of a credit. */
  @Column({ type: 'bigint', name: 'micro_credits', default: 0, transformer: exactInteger })
  microCredits!: bigint;

  /** The transfer that the credits are part of. */
  @Column({ type: 'uuid', name: 'credit_transfer_id', nullable: true })
  creditTransferId!: string | null;

  /** The job that the call was made for, and which of its calls it is. */
  @Column({ type: 'uuid', name: 'job_id', nullable: true })
  jobId!: string | null;

  @Column({ type: 'uuid', name: 'job_call_id', nullable: true })
  jobCallId!: string | null;

  /** The provider's own usage was not available; the amounts are an upper bound or a count of ours. */
  @Column({ type: 'boolean', name: 'is_estimated' })
  isEstimated!: boolean;

  @Column({ type: 'boolean', name: 'is_stream' })
  isStream!: boolean;

  /** True while the tenant's Redis counters may still lack this call: its hold was gone when its record arrived. */
  @Column({ type: 'boolean', name: 'is_counter_pending' })
  isCounterPending!: boolean;

  @Column({ type: 'text', name: 'outcome' })
  outcome!: 'completed' | 'client_gone' | 'truncated' | 'orphaned';

  @Column({ type: 'integer', name: 'upstream_status', nullable: true })
  upstreamStatus!: number | null;

  @Column({ type: 'integer', name: 'latency_ms' })
  latencyMs!: number;

  @Column({ type: 'integer', name: 'ttft_ms', nullable: true })
  ttftMs!: number | null;

  /** Every counter that the call was charged to; the unit is the first character. */
  @Column({ type: 'text', name: 'counters', array: true })
  counters!: string[];
}
