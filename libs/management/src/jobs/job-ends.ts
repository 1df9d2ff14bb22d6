import { Injectable } from '@nestjs/common';
import {
  creditCounterId,
  creditHoldCounterId,
  creditsHeld,
  creditsOfJob,
  type CreditTerms,
  type JobEnd,
  mergedJobMetadata,
} from '@penstock/domain';
import { JobEntity } from '@penstock/entities';
import { AdmissionStore, type RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import type { Change } from '../changes/change.js';
import { PolicyChanges } from '../changes/policy-changes.js';
import { CreditHolds } from '../credits/credit-holds.js';
import { CreditLedger } from '../credits/credit-ledger.js';
import { creditTurn } from '../credits/credit-withdrawals.js';
import { addToJobDay, boundedErrorText } from './job-rows.js';

/** What a job is ended with. */
export interface JobEnding {
  readonly end: JobEnd;
  readonly errorMessage: string | null;
  /** Merged into the job's. */
  readonly metadata?: Record<string, unknown>;
}

/** Where the credits of a job's account stand in Redis, just before the job ends. */
export interface JobStanding {
  readonly accountId: string;
  /** Null when Redis does not say: what remains is then told without what other jobs hold. */
  readonly counted: {
    readonly usedAndHeld: bigint;
    /** Of these, by the job itself. */
    readonly heldByJob: bigint;
  } | null;
}

/** The end of jobs, and what they are charged. `JobBooks` decides when. */
@Injectable()
export class JobEnds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly ledger: CreditLedger,
    private readonly holds: CreditHolds,
    private readonly store: AdmissionStore,
  ) {}

  /** Null for a job without a hold. */
  async readStanding(jobId: string): Promise<JobStanding | null> {
    const [row]: { tenantId: string; accountId: string; accountSeq: string; holdSeq: string }[] =
      await this.dataSource.query(
        `SELECT h.tenant_id AS "tenantId", h.seq AS "holdSeq", a.id AS "accountId", a.seq AS "accountSeq"
       FROM ledger.credit_holds h JOIN ledger.credit_accounts a ON a.id = h.account_id WHERE h.id = $1`,
        [jobId],
      );
    if (row === undefined) return null;
    try {
      const [used = '0', micro = '0'] = await this.store.readCounters(row.tenantId, [
        creditCounterId(row.accountSeq),
        creditHoldCounterId(row.holdSeq),
      ]);
      const counted = { usedAndHeld: BigInt(used), heldByJob: creditsHeld(BigInt(micro)) };
      return { accountId: row.accountId, counted: used === '0' ? null : counted };
    } catch {
      // Only the number in the answer depends on it; the books are PostgreSQL's.
      return { accountId: row.accountId, counted: null };
    }
  }

  /** Runs a change that may end a job: those of one account one after another, as they must in the end. */
  async inTurn<T>(
    ctx: RequestContext,
    standing: JobStanding | null,
    jobId: string,
    useCase: (change: Change) => Promise<T>,
  ): Promise<T> {
    const turn = standing === null ? jobId : creditTurn(standing.accountId);
    const { body } = await this.changes.run(ctx, useCase, turn);
    return body;
  }

  /** Ends a job that is locked, with what it is charged, its hold and its audit entry, as part of a change. */
  async end(
    ctx: RequestContext,
    change: Change,
    job: JobEntity,
    { end, errorMessage, metadata }: JobEnding,
    standing: JobStanding | null,
  ): Promise<void> {
    const { tx, now } = change;
    const before = job.status;
    const credits = creditsOfJob(end, termsOf(job), job);
    const account = await this.ledger.lockAccount(tx, job.accountId);
    if (account === null) throw new Error(`The account ${job.accountId} of job ${job.jobId} does not exist.`);
    if (credits > 0n) {
      await this.ledger.post(tx, account, {
        type: 'deduction',
        credits,
        direction: 'out',
        idempotencyKey: `job:${job.jobId}`,
        jobId: job.jobId,
        reason: `Job of type '${job.jobType}' completed.`.slice(0, 255).toWellFormed(),
        actor: ctx.actor,
        requestId: ctx.requestId,
        now,
      });
    }
    const isHeld = await this.holds.close(change, job.jobId, credits);
    if (!isHeld && credits > 0n) throw new Error(`Job ${job.jobId} was completed without a hold on its credits.`);
    const cap = account.allocatedCredits + account.overdraftCredits;
    const counted = standing?.counted ?? null;
    job.creditsRemaining =
      counted === null
        ? cap - account.usedCredits
        : cap - (counted.usedAndHeld - (isHeld ? counted.heldByJob : 0n) + credits);
    job.status = end;
    job.creditsCharged = credits;
    job.errorMessage = end === 'completed' || errorMessage === null ? null : boundedErrorText(errorMessage);
    job.endedAt = now;
    job.lastActiveAt = now;
    if (metadata !== undefined) job.metadata = mergedJobMetadata(job.metadata, metadata);
    await tx.update(
      JobEntity,
      { jobId: job.jobId },
      {
        status: job.status,
        creditsCharged: credits,
        creditsRemaining: job.creditsRemaining,
        errorMessage: job.errorMessage,
        endedAt: now,
        lastActiveAt: now,
        metadata: job.metadata as never,
      },
    );
    change.audit({
      tenantId: job.tenantId,
      action: `job.${end}`,
      entityType: 'job',
      entityId: job.jobId,
      before: { status: before },
      after: { status: end, credits_charged: credits.toString(), error_message: job.errorMessage },
    });
    await addToJobDay(tx, job, {
      completedJobs: end === 'completed' ? 1 : 0,
      failedJobs: end === 'failed' ? 1 : 0,
      cancelledJobs: end === 'cancelled' ? 1 : 0,
      credits,
    });
  }
}

function termsOf(job: JobEntity): CreditTerms {
  return {
    mode: job.budgetMode,
    hundredthsPerDollar: job.hundredthsPerDollar,
    tokensPerCredit: job.tokensPerCredit,
  };
}
