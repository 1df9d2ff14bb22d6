import { JobCallEntity, JobEntity } from '@penstock/entities';
import { type EntityManager, In } from 'typeorm';

/** Not `FOR UPDATE`: calls refer to their job, and must not wait for each other because of that. */
const LOCK = { mode: 'for_no_key_update' } as const;

/** How the texts of errors are bounded. */
const ERROR_CHARS_MAX = 1_000;

/** A call that is not over: it runs, or its account is still on its way. */
export const UNFINISHED = ['running', 'settling'] as const;

/** What a job adds to the sums of its day; everything absent is nothing. */
export interface JobDailyDelta {
  readonly jobs?: number;
  readonly completedJobs?: number;
  readonly failedJobs?: number;
  readonly cancelledJobs?: number;
  readonly calls?: number;
  readonly successfulCalls?: number;
  readonly failedCalls?: number;
  readonly unservedCalls?: number;
  readonly tokens?: bigint;
  readonly clientCostNanoUsd?: bigint;
  readonly credits?: bigint;
}

const ADD_TO_DAY = `
  INSERT INTO saas.job_daily AS d (tenant_id, day, account_id, team_id, job_type, jobs, completed_jobs, failed_jobs,
    cancelled_jobs, calls, successful_calls, failed_calls, unserved_calls, tokens, client_cost_nano_usd, credits)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  ON CONFLICT ON CONSTRAINT pk_job_daily DO UPDATE SET
    jobs = d.jobs + EXCLUDED.jobs, completed_jobs = d.completed_jobs + EXCLUDED.completed_jobs,
    failed_jobs = d.failed_jobs + EXCLUDED.failed_jobs, cancelled_jobs = d.cancelled_jobs + EXCLUDED.cancelled_jobs,
    calls = d.calls + EXCLUDED.calls, successful_calls = d.successful_calls + EXCLUDED.successful_calls,
    failed_calls = d.failed_calls + EXCLUDED.failed_calls,
    unserved_calls = d.unserved_calls + EXCLUDED.unserved_calls, tokens = d.tokens + EXCLUDED.tokens,
    client_cost_nano_usd = d.client_cost_nano_usd + EXCLUDED.client_cost_nano_usd,
    credits = d.credits + EXCLUDED.credits`;

/** Nothing else happens to the job until the transaction ends. */
export function lockJob(tx: EntityManager, jobId: string): Promise<JobEntity | null> {
  return tx.findOne(JobEntity, { where: { jobId }, lock: LOCK });
}

/** Nothing else happens to the call until the transaction ends. */
export function lockJobCall(tx: EntityManager, callId: string): Promise<JobCallEntity | null> {
  return tx.findOne(JobCallEntity, { where: { callId }, lock: LOCK });
}

/** How many calls of a job are not over. */
export function countUnfinishedCalls(tx: EntityManager, jobId: string): Promise<number> {
  return tx.countBy(JobCallEntity, { jobId, state: In([...UNFINISHED]) });
}

/** Adds to the sums that reports read. The last thing of a transaction: jobs of one day and type meet on one row. */
export async function addToJobDay(tx: EntityManager, job: JobEntity, delta: JobDailyDelta): Promise<void> {
  await tx.query(ADD_TO_DAY, [
    job.tenantId,
    job.createdAt.toISOString().slice(0, 10),
    job.accountId,
    job.teamId,
    job.jobType,
    delta.jobs ?? 0,
    delta.completedJobs ?? 0,
    delta.failedJobs ?? 0,
    delta.cancelledJobs ?? 0,
    delta.calls ?? 0,
    delta.successfulCalls ?? 0,
    delta.failedCalls ?? 0,
    delta.unservedCalls ?? 0,
    String(delta.tokens ?? 0),
    String(delta.clientCostNanoUsd ?? 0),
    String(delta.credits ?? 0),
  ]);
}

/** What is kept of an error. PostgreSQL's text holds no NUL; half a surrogate pair must not come of the cut. */
export function boundedErrorText(text: string): string {
  return text.slice(0, ERROR_CHARS_MAX).replaceAll('\0', '\uFFFD').toWellFormed();
}
