import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

import { exactInteger } from '../../ledger/integer-columns.js';

/** Sums of jobs by the UTC day of their creation: what reports read, so that none scans jobs. */
@Entity({ schema: 'saas', name: 'job_daily' })
@Index('ix_job_daily_account_id_day', ['accountId', 'day'])
export class JobDailyEntity {
  @PrimaryColumn({ type: 'uuid', name: 'tenant_id', primaryKeyConstraintName: 'pk_job_daily' })
  tenantId!: string;

  /** `YYYY-MM-DD`. */
  @PrimaryColumn({ type: 'date', name: 'day', primaryKeyConstraintName: 'pk_job_daily' })
  day!: string;

  /** Tells a team from one that had its id before. */
  @PrimaryColumn({ type: 'uuid', name: 'account_id', primaryKeyConstraintName: 'pk_job_daily' })
  accountId!: string;

  @Column({ type: 'text', name: 'team_id' })
  teamId!: string;

  @PrimaryColumn({ type: 'text', name: 'job_type', primaryKeyConstraintName: 'pk_job_daily' })
  jobType!: string;

  @Column({ type: 'bigint', name: 'jobs', transformer: exactInteger })
  jobs!: bigint;

  @Column({ type: 'bigint', name: 'completed_jobs', transformer: exactInteger })
  completedJobs!: bigint;

  @Column({ type: 'bigint', name: 'failed_jobs', transformer: exactInteger })
  failedJobs!: bigint;

  @Column({ type: 'bigint', name: 'cancelled_jobs', transformer: exactInteger })
  cancelledJobs!: bigint;

  /** Calls that have ended. */
  @Column({ type: 'bigint', name: 'calls', transformer: exactInteger })
  calls!: bigint;

  @Column({ type: 'bigint', name: 'successful_calls', transformer: exactInteger })
  successfulCalls!: bigint;

  @Column({ type: 'bigint', name: 'failed_calls', transformer: exactInteger })
  failedCalls!: bigint;

  /** Failed calls that no provider was paid for. */
  @Column({ type: 'bigint', name: 'unserved_calls', transformer: exactInteger })
  unservedCalls!: bigint;

  @Column({ type: 'bigint', name: 'tokens', transformer: exactInteger })
  tokens!: bigint;

  @Column({ type: 'numeric', name: 'client_cost_nano_usd', precision: 38, scale: 0, transformer: exactInteger })
  clientCostNanoUsd!: bigint;

  /** Charged for completed jobs. */
  @Column({ type: 'bigint', name: 'credits', transformer: exactInteger })
  credits!: bigint;
}
