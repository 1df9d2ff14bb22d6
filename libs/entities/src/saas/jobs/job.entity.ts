import type { BudgetMode, JobStatus } from '@penstock/domain';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { CreditAccountEntity } from '../../ledger/index.js';
import { exactInteger } from '../../ledger/integer-columns.js';

/**
 * Work of a team that is charged once, when it is completed. Its sums grow as its calls end, in the same
 * transactions, so that no list has to add calls up.
 */
@Entity({ schema: 'saas', name: 'jobs' })
@Check('ck_jobs_status', `status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')`)
@Check('ck_jobs_ended', `(status IN ('pending', 'in_progress')) = (ended_at IS NULL)`)
@Check('ck_jobs_budget_mode', `budget_mode IN ('job_based', 'consumption_usd', 'consumption_tokens')`)
@Check('ck_jobs_terms', 'hundredths_per_dollar > 0 AND tokens_per_credit > 0')
@Check('ck_jobs_charge', `credits_charged >= 0 AND (credits_charged > 0) = (status = 'completed')`)
@Check(
  'ck_jobs_totals',
  `calls >= 0 AND successful_calls >= 0 AND failed_calls >= 0
      AND successful_calls + failed_calls <= calls AND tokens >= 0 AND client_cost_nano_usd >= 0
      AND micro_credits >= 0 AND latency_ms >= 0`,
)
@Index('ix_jobs_team_id_created_at', ['teamId', 'createdAt', 'jobId'])
@Index('ix_jobs_team_id_status_created_at', ['teamId', 'status', 'createdAt', 'jobId'])
@Index('ix_jobs_account_id', ['accountId'])
@Index('ix_jobs_running', ['lastActiveAt'], { where: "status IN ('pending', 'in_progress')" })
@Index('ix_jobs_running_team_id', ['teamId'], { where: "status IN ('pending', 'in_progress')" })
export class JobEntity {
  /** UUIDv7; also the id of its credit hold. */
  @PrimaryColumn({ type: 'uuid', name: 'job_id', primaryKeyConstraintName: 'pk_jobs' })
  jobId!: string;

  @Column({ type: 'uuid', name: 'tenant_id' })
  tenantId!: string;

  /** What is charged. */
  @ForeignKey(() => CreditAccountEntity, 'id', { name: 'fk_jobs_account_id' })
  @Column({ type: 'uuid', name: 'account_id' })
  accountId!: string;

  /** Kept by name, so that the job stays in the books of a team that was deleted. */
  @Column({ type: 'text', name: 'team_id' })
  teamId!: string;

  @Column({ type: 'text', name: 'organization_id' })
  organizationId!: string;

  /** Whoever the team says it is for. */
  @Column({ type: 'text', name: 'user_id', nullable: true })
  userId!: string | null;

  @Column({ type: 'text', name: 'job_type' })
  jobType!: string;

  @Column({ type: 'text', name: 'status' })
  status!: JobStatus;

  /** Made for one call, with which it ends. */
  @Column({ type: 'boolean', name: 'is_single_call' })
  isSingleCall!: boolean;

  @Column({ type: 'jsonb', name: 'metadata' })
  metadata!: Record<string, unknown>;

  @Column({ type: 'text', name: 'error_message', nullable: true })
  errorMessage!: string | null;

  /** Terms of the team at the creation of the job: a change in between does not change what it costs. */
  @Column({ type: 'text', name: 'budget_mode' })
  budgetMode!: BudgetMode;

  /** Hundredths of a credit for one dollar. */
  @Column({ type: 'bigint', name: 'hundredths_per_dollar', transformer: exactInteger })
  hundredthsPerDollar!: bigint;

  @Column({ type: 'bigint', name: 'tokens_per_credit', transformer: exactInteger })
  tokensPerCredit!: bigint;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  /** Of its first call. */
  @Column({ type: 'timestamptz', name: 'started_at', precision: 3, nullable: true })
  startedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'ended_at', precision: 3, nullable: true })
  endedAt!: Date | null;

  /** When a call of it last began or ended: a job that is idle for too long is failed. */
  @Column({ type: 'timestamptz', name: 'last_active_at', precision: 3 })
  lastActiveAt!: Date;

  /** 0 unless completed. */
  @Column({ type: 'bigint', name: 'credits_charged', transformer: exactInteger })
  creditsCharged!: bigint;

  /** What the team had available when the job ended; part of the answer that a repetition gets too. */
  @Column({ type: 'bigint', name: 'credits_remaining', nullable: true, transformer: exactInteger })
  creditsRemaining!: bigint | null;

  @Column({ type: 'integer', name: 'calls' })
  calls!: number;

  @Column({ type: 'integer', name: 'successful_calls' })
  successfulCalls!: number;

  @Column({ type: 'integer', name: 'failed_calls' })
  failedCalls!: number;

  @Column({ type: 'bigint', name: 'tokens', transformer: exactInteger })
  tokens!: bigint;

  @Column({ type: 'numeric', name: 'client_cost_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  clientCostNanoUsd!: bigint;

  /** What its calls took of its hold, in millionths of a credit. */
  @Column({ type: 'bigint', name: 'micro_credits', transformer: exactInteger })
  microCredits!: bigint;

  /** Sum over its ended calls. */
  @Column({ type: 'bigint', name: 'latency_ms', transformer: exactInteger })
  latencyMs!: bigint;

  /** Models as they were asked for, each once, in the order of their first use. */
  @Column({ type: 'text', name: 'models_used', array: true })
  modelsUsed!: string[];
}
