import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { exactInteger } from '../../ledger/integer-columns.js';
import { JobEntity } from './job.entity.js';

/**
 * `running`: sent to the gateway, or about to be. `settling`: its answer is over, its account has not been found yet.
 * `succeeded`, `failed`: over, with everything that it cost.
 */
export type JobCallState = 'running' | 'settling' | 'succeeded' | 'failed';

/**
 * A call made for a job. The row is there before the gateway is asked and is completed from the usage records that
 * name the call, so none is lost with the process that made it. Neither prompts nor answers are kept.
 */
@Entity({ schema: 'saas', name: 'job_calls' })
@Check('ck_job_calls_state', `state IN ('running', 'settling', 'succeeded', 'failed')`)
@Check('ck_job_calls_ended', `(state IN ('succeeded', 'failed')) = (ended_at IS NOT NULL)`)
@Check(
  'ck_job_calls_amounts',
  `attempts >= 0 AND prompt_tokens >= 0 AND completion_tokens >= 0
      AND tokens >= 0 AND cost_nano_usd >= 0 AND client_cost_nano_usd >= 0 AND micro_credits >= 0 AND latency_ms >= 0`,
)
@Index('ix_job_calls_job_id', ['jobId', 'startedAt', 'callId'])
@Index('ix_job_calls_running', ['startedAt'], { where: "state IN ('running', 'settling')" })
export class JobCallEntity {
  /** UUIDv7; usage records carry it. */
  @PrimaryColumn({ type: 'uuid', name: 'call_id', primaryKeyConstraintName: 'pk_job_calls' })
  callId!: string;

  @ForeignKey(() => JobEntity, 'jobId', { name: 'fk_job_calls_job_id' })
  @Column({ type: 'uuid', name: 'job_id' })
  jobId!: string;

  @Column({ type: 'text', name: 'state' })
  state!: JobCallState;

  /** What the team wants to tell its calls apart by. */
  @Column({ type: 'text', name: 'purpose', nullable: true })
  purpose!: string | null;

  @Column({ type: 'text', name: 'model_requested' })
  modelRequested!: string;

  /** Model and provider that served it; null when none did. */
  @Column({ type: 'text', name: 'model_used', nullable: true })
  modelUsed!: string | null;

  @Column({ type: 'text', name: 'provider', nullable: true })
  provider!: string | null;

  @Column({ type: 'boolean', name: 'is_stream' })
  isStream!: boolean;

  /** Upstream calls that were accounted for it: more than one after a fallback, 0 when no provider served it. */
  @Column({ type: 'integer', name: 'attempts' })
  attempts!: number;

  @Column({ type: 'bigint', name: 'prompt_tokens', transformer: exactInteger })
  promptTokens!: bigint;

  @Column({ type: 'bigint', name: 'completion_tokens', transformer: exactInteger })
  completionTokens!: bigint;

  /** What credits by the token are counted from. */
  @Column({ type: 'bigint', name: 'tokens', transformer: exactInteger })
  tokens!: bigint;

  /** What the providers cost. */
  @Column({ type: 'numeric', name: 'cost_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  costNanoUsd!: bigint;

  /** What the client pays. */
  @Column({ type: 'numeric', name: 'client_cost_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  clientCostNanoUsd!: bigint;

  @Column({ type: 'bigint', name: 'micro_credits', transformer: exactInteger })
  microCredits!: bigint;

  @Column({ type: 'integer', name: 'latency_ms', nullable: true })
  latencyMs!: number | null;

  /** Why it failed; of a settling call also why it will be. */
  @Column({ type: 'text', name: 'error', nullable: true })
  error!: string | null;

  @Column({ type: 'timestamptz', name: 'started_at', precision: 3 })
  startedAt!: Date;

  @Column({ type: 'timestamptz', name: 'ended_at', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** When the process that makes the call last said that it lives. */
  @Column({ type: 'timestamptz', name: 'seen_at', precision: 3 })
  seenAt!: Date;
}
