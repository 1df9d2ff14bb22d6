import { Injectable } from '@nestjs/common';
import { AppError, mergedJobMetadata, uuidv7 } from '@penstock/domain';
import { type CreditAccountEntity, type CreditHoldEntity, JobEntity } from '@penstock/entities';
import { CreditHolds, JobBooks, type JobEnding } from '@penstock/management';
import { refuseOtherTeam, type RequestContext, teamOf, ValidationFailure } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

import { auditJob } from './job-audit.js';
import { toEndedJobResponse, toJobCostsResponse, toJobResponse } from './jobs.mapping.js';
import { JobsRepository } from './jobs.repository.js';
import type { CompleteJobRequest, CreateJobRequest, TeamJobsQuery, TeamUsageQuery } from './jobs.requests.js';
import type {
  CreatedJobResponse,
  EndedJobResponse,
  JobCostsResponse,
  JobMetadataResponse,
  JobResponse,
  TeamJobsResponse,
  TeamUsageResponse,
} from './jobs.responses.js';
import { dollarsOf, wholeOf } from './json-numbers.js';
import { daysOfPeriod } from './usage-period.js';

const JOBS_DEFAULT = 100;

/** What a new job is. */
export interface NewJob {
  readonly jobType: string;
  readonly userId: string | null;
  readonly metadata: Record<string, unknown>;
  readonly isSingleCall: boolean;
}

/** A job that has just been created, with its credits held. */
export interface CreatedJob {
  readonly job: JobEntity;
  readonly hold: CreditHoldEntity;
}

/** Jobs of teams: created, ended and read by the team itself. */
@Injectable()
export class JobsService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly books: JobBooks,
    private readonly holds: CreditHolds,
  ) {}

  async create(ctx: RequestContext, request: CreateJobRequest): Promise<CreatedJobResponse> {
    const { job } = await this.open(
      ctx,
      {
        jobType: request.job_type,
        userId: request.user_id ?? null,
        metadata: request.metadata ?? {},
        isSingleCall: false,
      },
      async () => {},
    );
    return { job_id: job.jobId, status: job.status, created_at: job.createdAt.toISOString() };
  }

  /**
   * Creates a job of the calling team and holds its first credit, both or neither. `write` adds to the transaction.
   *
   * @throws AppError `credits_exhausted` when the team has no credit left.
   */
  async open(
    ctx: RequestContext,
    wanted: NewJob,
    write: (tx: EntityManager, job: JobEntity) => Promise<void>,
  ): Promise<CreatedJob> {
    const team = teamOf(ctx);
    const account = await this.accountOf(ctx);
    const job = newJob(ctx, wanted, account, team);
    const hold = await this.holds.open(
      { id: job.jobId, accountId: account.id, purpose: 'job', initialMicroCredits: 0n, nowMs: ctx.nowMs },
      async (tx) => {
        await this.books.insert(tx, job);
        await write(tx, job);
        await auditJob(tx, ctx, job, 'job.created');
      },
      async (tx) => {
        await this.books.undoInsert(tx, job);
        // The chain is append-only: what was taken back is said, not removed.
        await auditJob(tx, ctx, job, 'job.create_refused');
      },
    );
    return { job, hold };
  }

  async get(ctx: RequestContext, jobId: string): Promise<JobResponse> {
    return toJobResponse(await this.find(ctx, jobId));
  }

  async costs(ctx: RequestContext, jobId: string): Promise<JobCostsResponse> {
    const job = await this.find(ctx, jobId);
    return toJobCostsResponse(job, await this.jobs.findCalls(jobId));
  }

  async complete(ctx: RequestContext, jobId: string, request: CompleteJobRequest): Promise<EndedJobResponse> {
    return this.end(ctx, jobId, {
      end: request.status,
      errorMessage: request.error_message ?? null,
      ...(request.metadata === undefined || request.metadata === null ? {} : { metadata: request.metadata }),
    });
  }

  async cancel(ctx: RequestContext, jobId: string, reason: string | null): Promise<EndedJobResponse> {
    return this.end(ctx, jobId, { end: 'cancelled', errorMessage: reason });
  }

  async mergeMetadata(
    ctx: RequestContext,
    jobId: string,
    metadata: Record<string, unknown>,
  ): Promise<JobMetadataResponse> {
    await this.find(ctx, jobId);
    const job = await this.books.mergeMetadata(ctx, jobId, metadata);
    return { job_id: jobId, metadata: job.metadata, updated_at: new Date(ctx.nowMs).toISOString() };
  }

  /** The job, if it is the calling team's. @throws AppError `not_found` or `team_mismatch` */
  async find(ctx: RequestContext, jobId: string): Promise<JobEntity> {
    const job = await this.jobs.findById(jobId);
    if (job === null) throw noJob();
    refuseOtherTeam(ctx, job.teamId);
    // A team with the id of one that was deleted has not its jobs.
    if (job.accountId !== (await this.accountOf(ctx)).id) throw noJob();
    return job;
  }

  async listOfTeam(
    ctx: RequestContext,
    teamId: string,
    { limit, offset, status }: TeamJobsQuery,
  ): Promise<TeamJobsResponse> {
    const { id: accountId } = await this.accountOf(ctx);
    const jobs = await this.jobs.listOf(accountId, { limit: limit ?? JOBS_DEFAULT, offset: offset ?? 0, status });
    return { team_id: teamId, total: jobs.length, jobs: jobs.map((job) => toJobResponse(job)) };
  }

  async usageOfTeam(ctx: RequestContext, teamId: string, { period }: TeamUsageQuery): Promise<TeamUsageResponse> {
    const days = daysOfPeriod(period);
    if (days === undefined) throw notAPeriod();
    const types = await this.jobs.sumOf((await this.accountOf(ctx)).id, days);
    const sum = (read: (type: (typeof types)[number]) => bigint): bigint =>
      types.reduce((total, type) => total + read(type), 0n);
    const jobs = sum((type) => type.jobs);
    const costNanoUsd = sum((type) => type.clientCostNanoUsd);
    return {
      team_id: teamId,
      period,
      summary: {
        total_jobs: wholeOf(jobs),
        successful_jobs: wholeOf(sum((type) => type.completedJobs)),
        failed_jobs: wholeOf(sum((type) => type.failedJobs)),
        total_cost_usd: dollarsOf(costNanoUsd, 2),
        total_tokens: wholeOf(sum((type) => type.tokens)),
        avg_cost_per_job: jobs === 0n ? 0 : dollarsOf((costNanoUsd + jobs / 2n) / jobs, 4),
      },
      job_types: Object.fromEntries(
        types.map((type) => [type.jobType, { count: wholeOf(type.jobs), cost_usd: dollarsOf(type.clientCostNanoUsd) }]),
      ),
    };
  }

  /** Of the calling team. */
  private accountOf(ctx: RequestContext): Promise<CreditAccountEntity> {
    return this.jobs.findAccount(teamOf(ctx).governanceTeamId);
  }

  private async end(ctx: RequestContext, jobId: string, ending: JobEnding): Promise<EndedJobResponse> {
    await this.find(ctx, jobId);
    const job = await this.books.end(ctx, jobId, ending);
    return toEndedJobResponse(job, await this.jobs.findCalls(jobId));
  }
}

function noJob(): AppError {
  return new AppError('not_found', { detail: 'The job was not found.' });
}

function newJob(
  ctx: RequestContext,
  wanted: NewJob,
  account: CreditAccountEntity,
  team: { readonly teamId: string; readonly organizationId: string },
): JobEntity {
  const now = new Date(ctx.nowMs);
  const { tenantId } = account;
  if (tenantId === null) throw new Error(`Account ${account.id} of team ${team.teamId} has no tenant.`);
  return Object.assign(new JobEntity(), {
    ...wanted,
    metadata: mergedJobMetadata({}, wanted.metadata),
    jobId: uuidv7(ctx.nowMs),
    tenantId,
    accountId: account.id,
    teamId: team.teamId,
    organizationId: team.organizationId,
    status: 'pending',
    errorMessage: null,
    budgetMode: account.budgetMode,
    hundredthsPerDollar: hundredthsOf(account.creditsPerDollar),
    tokensPerCredit: account.tokensPerCredit,
    createdAt: now,
    startedAt: null,
    endedAt: null,
    lastActiveAt: now,
    creditsCharged: 0n,
    creditsRemaining: null,
    calls: 0,
    successfulCalls: 0,
    failedCalls: 0,
    tokens: 0n,
    clientCostNanoUsd: 0n,
    microCredits: 0n,
    latencyMs: 0n,
    modelsUsed: [],
  } satisfies Partial<JobEntity>);
}

/** The column is numeric with two places, which PostgreSQL always writes. */
function hundredthsOf(decimal: string): bigint {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(2, '0').slice(0, 2));
}

function notAPeriod(): ValidationFailure {
  return new ValidationFailure([
    {
      location: 'query',
      path: ['period'],
      rule: 'period',
      reason: 'must be a year, a month or a day, such as 2026, 2026-01 or 2026-01-31',
      isMissing: false,
    },
  ]);
}
