import { Injectable } from '@nestjs/common';
import { AppError, type JobStatus } from '@penstock/domain';
import {
  CreditAccountEntity,
  JobCallEntity,
  JobEntity,
  SaasTeamEntity,
  VirtualKeySecretEntity,
} from '@penstock/entities';
import { DataSource, IsNull } from 'typeorm';

/** Which jobs of a team are listed. */
export interface TeamJobsPage {
  readonly limit: number;
  readonly offset: number;
  readonly status: JobStatus | undefined;
}

/** A day, or the days of a month or year: `from` is in it, `until` is not. `YYYY-MM-DD`. */
export interface DayRange {
  readonly from: string;
  readonly until: string;
}

/** Sums of a team's jobs of one type. */
export interface JobTypeUsage {
  readonly jobType: string;
  readonly jobs: bigint;
  readonly completedJobs: bigint;
  readonly failedJobs: bigint;
  readonly tokens: bigint;
  readonly clientCostNanoUsd: bigint;
}

/** Reads of jobs and of what they need; `JobBooks` writes them. */
@Injectable()
export class JobsRepository {
  constructor(private readonly dataSource: DataSource) {}

  findById(jobId: string): Promise<JobEntity | null> {
    return this.dataSource.manager.findOneBy(JobEntity, { jobId });
  }

  /** In the order in which they were made. */
  findCalls(jobId: string): Promise<JobCallEntity[]> {
    return this.dataSource.manager.find(JobCallEntity, {
      where: { jobId },
      order: { startedAt: 'ASC', callId: 'ASC' },
    });
  }

  /** Newest first. */
  listOf(accountId: string, { limit, offset, status }: TeamJobsPage): Promise<JobEntity[]> {
    return this.dataSource.manager.find(JobEntity, {
      where: { accountId, ...(status === undefined ? {} : { status }) },
      order: { createdAt: 'DESC', jobId: 'DESC' },
      take: limit,
      skip: offset,
    });
  }

  async sumOf(accountId: string, { from, until }: DayRange): Promise<JobTypeUsage[]> {
    const rows: Record<keyof JobTypeUsage, string>[] = await this.dataSource.query(
      `SELECT job_type AS "jobType", sum(jobs) AS jobs, sum(completed_jobs) AS "completedJobs",
         sum(failed_jobs) AS "failedJobs", sum(tokens) AS tokens, sum(client_cost_nano_usd) AS "clientCostNanoUsd"
       FROM saas.job_daily WHERE account_id = $1 AND day >= $2 AND day < $3 GROUP BY job_type HAVING sum(jobs) > 0
       ORDER BY job_type`,
      [accountId, from, until],
    );
    return rows.map((row) => ({
      jobType: row.jobType,
      jobs: BigInt(row.jobs),
      completedJobs: BigInt(row.completedJobs),
      failedJobs: BigInt(row.failedJobs),
      tokens: BigInt(row.tokens),
      clientCostNanoUsd: BigInt(row.clientCostNanoUsd),
    }));
  }

  /** The account that a team's jobs are charged to. @throws AppError `not_found` */
  async findAccount(governanceTeamId: string): Promise<CreditAccountEntity> {
    const account = await this.dataSource.manager.findOneBy(CreditAccountEntity, {
      governanceTeamId,
      kind: 'team',
      closedAt: IsNull(),
    });
    if (account === null) throw new AppError('not_found', { detail: 'The team has no credit account.' });
    return account;
  }

  /** Number of the counter of a job's hold; null when there is none. */
  async findHoldSeq(jobId: string): Promise<string | null> {
    const [row]: { seq: string }[] = await this.dataSource.query(
      "SELECT seq FROM ledger.credit_holds WHERE id = $1 AND state <> 'closed'",
      [jobId],
    );
    return row?.seq ?? null;
  }

  /** The current value of the team's own key, sealed; null when the key was deleted. */
  findTeamSecret(teamId: string): Promise<VirtualKeySecretEntity | null> {
    return this.dataSource.manager
      .createQueryBuilder(VirtualKeySecretEntity, 's')
      .innerJoin(SaasTeamEntity, 't', 't.virtualKeyId = s.virtualKeyId')
      .where('t.teamId = :teamId AND s.expiresAt IS NULL', { teamId })
      .getOne();
  }
}
