import { Injectable } from '@nestjs/common';
import type { JobStatus } from '@penstock/domain';
import { JobEntity, OrganizationEntity, SaasTeamEntity } from '@penstock/entities';
import { DataSource } from 'typeorm';

import { dayOf } from '../usage-period.js';
import { USAGE_OF_DAYS, usageParameters } from '../usage-sums.js';
import type { ReportDates } from './report-dates.js';

/** Which jobs of a team are shown, and which page of them. */
export interface JobFilter {
  readonly teamId: string;
  readonly status: JobStatus | undefined;
  readonly jobType: string | undefined;
  readonly idPart: string | undefined;
  readonly dates: ReportDates;
  readonly limit: number;
  readonly offset: number;
}

/** Sums of an organization's jobs, as decimal text. */
export type JobSums = Record<
  | 'jobs'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'calls'
  | 'successfulCalls'
  | 'failedCalls'
  | 'unservedCalls'
  | 'tokens'
  | 'cost'
  | 'credits',
  string
>;

/** A row of sums over usage, as decimal text. */
export interface UsageSums {
  readonly name: string | null;
  readonly calls: string;
  readonly tokens: string;
  readonly cost: string;
  readonly credits: string;
}

/** How usage is grouped. */
export type UsageGrouping = 'day' | 'team' | 'model' | 'provider';

const GROUPS: Readonly<Record<Exclude<UsageGrouping, 'day'>, string>> = {
  team: 't.team_id',
  model: "u.provider || '/' || u.model",
  provider: 'u.provider',
};

/** The team's name in the books; accounts stay when their team is deleted. */
const TEAMS = `LEFT JOIN (SELECT DISTINCT ON (governance_team_id) governance_team_id, team_id
  FROM ledger.credit_accounts WHERE kind = 'team' AND tenant_id = $1) t ON t.governance_team_id = u.team_id`;

/** What operators read about jobs: rows by page, and sums that are kept by day. */
@Injectable()
export class MonitoringRepository {
  constructor(private readonly dataSource: DataSource) {}

  async hasTeam(teamId: string): Promise<boolean> {
    const { manager } = this.dataSource;
    // The jobs of a team that was deleted can still be looked at.
    return (await manager.existsBy(SaasTeamEntity, { teamId })) || (await manager.existsBy(JobEntity, { teamId }));
  }

  findOrganization(organizationId: string): Promise<OrganizationEntity | null> {
    return this.dataSource.manager.findOneBy(OrganizationEntity, { organizationId });
  }

  findJob(teamId: string, jobId: string): Promise<JobEntity | null> {
    return this.dataSource.manager.findOneBy(JobEntity, { jobId, teamId });
  }

  /** Newest first, and how many there are on all pages. */
  async page({ teamId, status, jobType, idPart, dates, limit, offset }: JobFilter): Promise<[JobEntity[], number]> {
    const query = this.dataSource.manager.createQueryBuilder(JobEntity, 'j').where('j.teamId = :teamId', { teamId });
    if (status !== undefined) query.andWhere('j.status = :status', { status });
    if (jobType !== undefined) query.andWhere('j.jobType = :jobType', { jobType });
    if (idPart !== undefined) query.andWhere('strpos(CAST(j.jobId AS text), :idPart) > 0', { idPart });
    if (dates.from !== null) query.andWhere('j.createdAt >= :from', { from: dates.from });
    if (dates.until !== null) query.andWhere('j.createdAt < :until', { until: dates.until });
    return query
      .orderBy('j.createdAt', 'DESC')
      .addOrderBy('j.jobId', 'DESC')
      .limit(limit)
      .offset(offset)
      .getManyAndCount();
  }

  /** Calls beyond the first of each purpose, by job. */
  async countRetries(jobIds: readonly string[]): Promise<Map<string, number>> {
    if (jobIds.length === 0) return new Map();
    const rows: { jobId: string; retries: string }[] = await this.dataSource.query(
      `SELECT job_id AS "jobId", count(*) - count(DISTINCT COALESCE(purpose, '')) AS retries
       FROM saas.job_calls WHERE job_id = ANY($1) GROUP BY job_id`,
      [jobIds],
    );
    return new Map(rows.map(({ jobId, retries }) => [jobId, Number(retries)]));
  }

  countTeams(organizationId: string): Promise<number> {
    return this.dataSource.manager.countBy(SaasTeamEntity, { organizationId });
  }

  /** By team, most jobs first. Jobs count for the UTC day of their creation. */
  async sumJobs(tenantId: string, dates: ReportDates): Promise<(JobSums & { teamId: string })[]> {
    return this.dataSource.query(
      `SELECT team_id AS "teamId", sum(jobs) AS jobs, sum(completed_jobs) AS completed, sum(failed_jobs) AS failed,
         sum(cancelled_jobs) AS cancelled, sum(calls) AS calls, sum(successful_calls) AS "successfulCalls",
         sum(failed_calls) AS "failedCalls", sum(unserved_calls) AS "unservedCalls", sum(tokens) AS tokens,
         sum(client_cost_nano_usd) AS cost, sum(credits) AS credits
       FROM saas.job_daily WHERE tenant_id = $1 AND day >= $2 AND day <= $3
       GROUP BY team_id ORDER BY sum(jobs) DESC, team_id`,
      [tenantId, ...boundsOf(dates)],
    );
  }

  /** Every accounted call of a tenant, with a job or without; most expensive first, days in their order. */
  async sumUsage(tenantId: string, dates: ReportDates, by: UsageGrouping): Promise<UsageSums[]> {
    const [first, last] = boundsOf(dates);
    if (by === 'day') {
      return this.dataSource.query(
        `SELECT to_char(day, 'YYYY-MM-DD') AS name, calls, tokens, client_cost_nano_usd AS cost, credits
         FROM ledger.usage_tenant_daily WHERE tenant_id = $1 AND day >= $2 AND day <= $3 ORDER BY day`,
        [tenantId, first, last],
      );
    }
    return this.dataSource.query(
      `SELECT ${GROUPS[by]} AS name, sum(u.calls) AS calls, sum(u.tokens) AS tokens,
         sum(u.client_cost_nano_usd) AS cost, sum(u.credits) AS credits
       FROM ${USAGE_OF_DAYS} u ${by === 'team' ? TEAMS : ''}
       GROUP BY 1 ORDER BY sum(u.client_cost_nano_usd) DESC, 1`,
      usageParameters(tenantId, { first, last }),
    );
  }
}

/** First and last day. A report that begins or ends within a day has all of it: sums are kept by day. */
function boundsOf({ from, until }: ReportDates): [string, string] {
  return [
    from === null ? '-infinity' : dayOf(from),
    until === null ? 'infinity' : dayOf(new Date(until.getTime() - 1)),
  ];
}
