import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { dayBefore, USAGE_OF_DAYS, usageParameters } from '../../jobs/usage-sums.js';

/** Sums of one team's jobs, as decimal text. */
export interface TeamJobSums {
  readonly teamId: string;
  readonly jobs: string;
  readonly completedJobs: string;
  readonly failedJobs: string;
  readonly credits: string;
}

/** Sums of calls, as decimal text; of a team, or of what belongs to none. */
export interface TeamCallSums {
  readonly teamId: string | null;
  readonly calls: string;
  readonly tokens: string;
  readonly clientCostNanoUsd: string;
  /** Of calls without a job. */
  readonly credits: string;
}

/** Sums that are kept by UTC day and month: neither jobs nor calls are read one by one. */
@Injectable()
export class OrganizationUsageRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Jobs count for the day of their creation. @param days from the first, until before the last. */
  jobs(tenantId: string, days: { readonly from: string; readonly until: string }): Promise<TeamJobSums[]> {
    return this.dataSource.query(
      `SELECT team_id AS "teamId", sum(jobs) AS jobs, sum(completed_jobs) AS "completedJobs",
         sum(failed_jobs) AS "failedJobs", sum(credits) AS credits
       FROM saas.job_daily WHERE tenant_id = $1 AND day >= $2 AND day < $3
       GROUP BY team_id HAVING sum(jobs) > 0 ORDER BY team_id`,
      [tenantId, days.from, days.until],
    );
  }

  /** The books know a team's id also when the team is gone. */
  calls(tenantId: string, days: { readonly from: string; readonly until: string }): Promise<TeamCallSums[]> {
    return this.dataSource.query(
      `SELECT a.team_id AS "teamId", sum(u.calls) AS calls, sum(u.tokens) AS tokens,
         sum(u.client_cost_nano_usd) AS "clientCostNanoUsd", sum(u.credits) AS credits
       FROM ${USAGE_OF_DAYS} u
       LEFT JOIN (SELECT DISTINCT ON (governance_team_id) governance_team_id, team_id
         FROM ledger.credit_accounts WHERE kind = 'team' AND tenant_id = $1) a ON a.governance_team_id = u.team_id
       GROUP BY a.team_id ORDER BY a.team_id`,
      usageParameters(tenantId, { first: days.from, last: dayBefore(days.until) }),
    );
  }
}
