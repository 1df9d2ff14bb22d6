import { Inject, Injectable } from '@nestjs/common';
import { AppError, decideEnd, decideJobCall, endAfterCall, isJobEnded, mergedJobMetadata } from '@penstock/domain';
import { JobCallEntity, JobEntity } from '@penstock/entities';
import { LOGGER, type Logger, type RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager, In, Not } from 'typeorm';

import type { Change } from '../changes/change.js';
import { PolicyChanges } from '../changes/policy-changes.js';
import { type JobCallAccount, JobCallAccounts, type JobCallRef } from './job-call-accounts.js';
import { type JobEnding, JobEnds } from './job-ends.js';
import { addToJobDay, boundedErrorText, countUnfinishedCalls, lockJob, lockJobCall, UNFINISHED } from './job-rows.js';

/** A call about to be made for a job. */
export interface NewJobCall {
  readonly callId: string;
  readonly purpose: string | null;
  readonly modelRequested: string;
  readonly isStream: boolean;
  readonly now: Date;
}

/** The answer of a call, once it is over. */
export interface JobCallAnswer {
  /** Why the call failed; null when it did not. */
  readonly error: string | null;
  readonly latencyMs: number | null;
  /** Ids of its upstream calls, as the gateway named them; null when it did not. */
  readonly attemptIds: readonly string[] | null;
}

/** A job and its call after the call has ended. */
export interface EndedJobCall {
  readonly job: JobEntity;
  readonly call: JobCallEntity;
}

/**
 * The only writer of jobs, their calls and what they are charged. Every step is one transaction and safe to repeat:
 * whoever ends a call or a job first, the process that made it or the sweeper, decides.
 *
 * Locks are taken in this order: job, call, account, hold, sums of the day.
 */
@Injectable()
export class JobBooks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly accounts: JobCallAccounts,
    private readonly ends: JobEnds,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Writes a new job, in the transaction that writes its hold. */
  async insert(tx: EntityManager, job: JobEntity): Promise<void> {
    await tx.getRepository(JobEntity).insert(job as never);
    await addToJobDay(tx, job, { jobs: 1 });
  }

  /** Takes a new job back whose credits were not there. */
  async undoInsert(tx: EntityManager, job: JobEntity): Promise<void> {
    await tx.delete(JobCallEntity, { jobId: job.jobId });
    await tx.delete(JobEntity, { jobId: job.jobId });
    await addToJobDay(tx, job, { jobs: -1 });
  }

  /** Writes that a call is about to be made. The job is locked, or new; it is changed in memory as well. */
  async insertCall(tx: EntityManager, job: JobEntity, call: NewJobCall): Promise<void> {
    const { now, ...named } = call;
    job.calls += 1;
    job.startedAt ??= now;
    job.status = 'in_progress';
    job.lastActiveAt = now;
    if (!job.modelsUsed.includes(call.modelRequested)) job.modelsUsed = [...job.modelsUsed, call.modelRequested];
    await tx.update(
      JobEntity,
      { jobId: job.jobId },
      {
        calls: job.calls,
        startedAt: job.startedAt,
        status: job.status,
        lastActiveAt: now,
        modelsUsed: job.modelsUsed,
      },
    );
    await tx.getRepository(JobCallEntity).insert({
      ...named,
      jobId: job.jobId,
      state: 'running',
      modelUsed: null,
      provider: null,
      attempts: 0,
      promptTokens: 0n,
      completionTokens: 0n,
      tokens: 0n,
      costNanoUsd: 0n,
      clientCostNanoUsd: 0n,
      microCredits: 0n,
      latencyMs: null,
      error: null,
      startedAt: now,
      endedAt: null,
      seenAt: now,
    });
  }

  /**
   * Writes that a call is about to be made for a running job, and merges what it brings into the job's metadata.
   *
   * @throws AppError `job_ended` or `job_busy`
   */
  async beginCall(
    ctx: RequestContext,
    jobId: string,
    call: NewJobCall,
    metadata: Record<string, unknown> | undefined,
  ): Promise<JobEntity> {
    const { body } = await this.changes.run(ctx, async ({ tx }) => {
      const job = await this.lock(tx, jobId);
      const decision = decideJobCall({ ...job, unfinishedCalls: 0 });
      if (decision.kind === 'refused') throw refusalOf(decision.code, job);
      if (metadata !== undefined && Object.keys(metadata).length > 0) await mergeMetadata(tx, job, metadata);
      await this.insertCall(tx, job, call);
      return job;
    });
    return body;
  }

  /**
   * Ends a call whose answer is over, with what it came to; a job that was made for it ends too. Undefined while the
   * account is not there yet: the call is `settling` then, and the sweeper goes on asking.
   */
  async concludeCall(ctx: RequestContext, ref: JobCallRef, answer: JobCallAnswer): Promise<EndedJobCall | undefined> {
    let account: JobCallAccount | 'open';
    try {
      account = await this.accounts.find(ref, answer.attemptIds);
    } catch (error) {
      // A store is away. If it is PostgreSQL, the next statement says so; without Redis the account has to wait.
      this.logger.warn({ err: error, callId: ref.callId }, 'what a call of a job came to cannot be read yet');
      account = 'open';
    }
    if (account !== 'open') return this.finishCall(ctx, ref, answer, account);
    await this.markSettling(ref.callId, answer);
    return undefined;
  }

  /** Asks again for the account of a call that is `settling`; one that has ended is answered as it is. */
  async concludeSettlingCall(
    ctx: RequestContext,
    { tenantId, jobId }: Pick<JobEntity, 'tenantId' | 'jobId'>,
    callId: string,
  ): Promise<EndedJobCall | undefined> {
    const call = await this.dataSource.manager.findOneByOrFail(JobCallEntity, { callId });
    if (call.state === 'running') return undefined;
    if (call.state === 'settling') {
      return this.concludeCall(
        ctx,
        { tenantId, jobId, callId },
        { error: call.error, latencyMs: call.latencyMs, attemptIds: null },
      );
    }
    return { call, job: await this.dataSource.manager.findOneByOrFail(JobEntity, { jobId }) };
  }

  /** Writes the end of a call. One that has ended stays as it is. */
  async finishCall(
    ctx: RequestContext,
    { jobId, callId }: Pick<JobCallRef, 'jobId' | 'callId'>,
    { error, latencyMs }: Pick<JobCallAnswer, 'error' | 'latencyMs'>,
    account: JobCallAccount,
  ): Promise<EndedJobCall> {
    const { isSingleCall } = await this.dataSource.manager.findOneByOrFail(JobEntity, { jobId });
    const standing = isSingleCall ? await this.ends.readStanding(jobId) : null;
    const finish = async (change: Change): Promise<EndedJobCall> => {
      const { tx, now } = change;
      const job = await this.lock(tx, jobId);
      const call = await lockJobCall(tx, callId);
      if (call === null) throw new Error(`Call ${callId} of job ${jobId} is not in the books.`);
      if (call.state === 'succeeded' || call.state === 'failed') return { job, call };
      const why = error ?? (account.attempts === 0 ? 'No provider served the call.' : null);
      Object.assign(call, {
        ...account,
        state: why === null ? 'succeeded' : 'failed',
        error: why === null ? null : boundedErrorText(why),
        latencyMs: latencyMs ?? call.latencyMs,
        endedAt: now,
      });
      const { jobId: _job, callId: _call, ...ended } = call;
      await tx.update(JobCallEntity, { callId }, ended);
      addCallTo(job, call);
      job.lastActiveAt = now;
      await tx.update(JobEntity, { jobId }, totalsOf(job));
      if (job.isSingleCall && !isJobEnded(job.status)) {
        const ending = { end: endAfterCall({ error: why, attempts: account.attempts }), errorMessage: why };
        await this.ends.end(ctx, change, job, ending, standing);
      }
      await addToJobDay(tx, job, {
        calls: 1,
        ...(why === null ? { successfulCalls: 1 } : { failedCalls: 1 }),
        unservedCalls: why !== null && account.attempts === 0 ? 1 : 0,
        tokens: account.tokens,
        clientCostNanoUsd: account.clientCostNanoUsd,
      });
      return { job, call };
    };
    // Calls of a job that goes on have nothing to do with its account.
    return isSingleCall ? this.ends.inTurn(ctx, standing, jobId, finish) : (await this.changes.run(ctx, finish)).body;
  }

  /**
   * Ends a job, once. The same end again changes nothing and answers the job as it was left.
   *
   * @throws AppError `job_ended` for another end, `job_busy` while a call is not over.
   */
  async end(ctx: RequestContext, jobId: string, ending: JobEnding): Promise<JobEntity> {
    await this.concludeSettling(ctx, jobId);
    const standing = await this.ends.readStanding(jobId);
    return this.ends.inTurn(ctx, standing, jobId, async (change) => {
      const job = await this.lock(change.tx, jobId);
      const unfinishedCalls = await countUnfinishedCalls(change.tx, jobId);
      const decision = decideEnd({ ...job, unfinishedCalls }, ending.end);
      if (decision.kind === 'refused') throw refusalOf(decision.code, job, unfinishedCalls);
      if (decision.kind === 'ends') await this.ends.end(ctx, change, job, ending, standing);
      return job;
    });
  }

  /**
   * Fails every running job of a team that is about to be deleted; none is charged. Calls in flight end by themselves.
   * To be called before the team's account is locked.
   */
  async failJobsOfTeam(ctx: RequestContext, change: Change, teamId: string, errorMessage: string): Promise<number> {
    const jobs = await change.tx.find(JobEntity, {
      where: { teamId, status: Not(In(['completed', 'failed', 'cancelled'])) },
      order: { jobId: 'ASC' },
      lock: { mode: 'for_no_key_update' },
    });
    for (const job of jobs) await this.ends.end(ctx, change, job, { end: 'failed', errorMessage }, null);
    return jobs.length;
  }

  /** Replaces the job's metadata by it with these members over it. @throws AppError `not_found` */
  async mergeMetadata(ctx: RequestContext, jobId: string, metadata: Record<string, unknown>): Promise<JobEntity> {
    const { body } = await this.changes.run(ctx, async (change) => {
      const job = await this.lock(change.tx, jobId);
      const before = job.metadata;
      await mergeMetadata(change.tx, job, metadata);
      change.audit({
        tenantId: job.tenantId,
        action: 'job.metadata_changed',
        entityType: 'job',
        entityId: jobId,
        before: { metadata: before },
        after: { metadata: job.metadata },
      });
      return job;
    });
    return body;
  }

  /** Calls whose answer is over may have their account by now. */
  private async concludeSettling(ctx: RequestContext, jobId: string): Promise<void> {
    const calls = await this.dataSource.manager.findBy(JobCallEntity, { jobId, state: 'settling' });
    if (calls.length === 0) return;
    const job = await this.dataSource.manager.findOneByOrFail(JobEntity, { jobId });
    for (const { callId } of calls) await this.concludeSettlingCall(ctx, job, callId);
  }

  private async markSettling(callId: string, { error, latencyMs }: JobCallAnswer): Promise<void> {
    await this.dataSource.manager.update(
      JobCallEntity,
      { callId, state: In([...UNFINISHED]) },
      { state: 'settling', error: error === null ? null : boundedErrorText(error), latencyMs },
    );
  }

  private async lock(tx: EntityManager, jobId: string): Promise<JobEntity> {
    const job = await lockJob(tx, jobId);
    if (job === null) throw new AppError('not_found', { detail: 'The job was not found.' });
    return job;
  }
}

function refusalOf(code: 'job_ended' | 'job_busy', job: JobEntity, unfinishedCalls = 0): AppError {
  const data = { job_id: job.jobId, status: job.status };
  if (code === 'job_ended') return new AppError(code, { detail: `The job is ${job.status} already.`, data });
  return new AppError(code, {
    detail: job.isSingleCall
      ? 'The job was made for one call, with which it ends.'
      : `${unfinishedCalls} of the job's calls are not over yet.`,
    data: { ...data, unfinished_calls: unfinishedCalls, retryAfterMs: 1_000 },
  });
}

async function mergeMetadata(tx: EntityManager, job: JobEntity, metadata: Record<string, unknown>): Promise<void> {
  job.metadata = mergedJobMetadata(job.metadata, metadata);
  await tx.update(JobEntity, { jobId: job.jobId }, { metadata: job.metadata as never });
}

function addCallTo(job: JobEntity, call: JobCallEntity): void {
  if (call.state === 'succeeded') job.successfulCalls += 1;
  else job.failedCalls += 1;
  job.tokens += call.tokens;
  job.clientCostNanoUsd += call.clientCostNanoUsd;
  job.microCredits += call.microCredits;
  job.latencyMs += BigInt(call.latencyMs ?? 0);
}

type Totals =
  | 'successfulCalls'
  | 'failedCalls'
  | 'tokens'
  | 'clientCostNanoUsd'
  | 'microCredits'
  | 'latencyMs'
  | 'lastActiveAt';

function totalsOf(job: JobEntity): Pick<JobEntity, Totals> {
  const { successfulCalls, failedCalls, tokens, clientCostNanoUsd, microCredits, latencyMs, lastActiveAt } = job;
  return { successfulCalls, failedCalls, tokens, clientCostNanoUsd, microCredits, latencyMs, lastActiveAt };
}
