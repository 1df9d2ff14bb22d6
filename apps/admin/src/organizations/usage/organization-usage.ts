import { Injectable } from '@nestjs/common';

import { dollarsOf, wholeOf } from '../../jobs/json-numbers.js';
import { daysOfPeriod } from '../../jobs/usage-period.js';
import { OrganizationsRepository } from '../organizations.repository.js';
import type { OrganizationUsageResponse } from './organization-usage.response.js';
import { OrganizationUsageRepository } from './organization-usage.repository.js';

/** What organizations used. */
@Injectable()
export class OrganizationUsage {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly usage: OrganizationUsageRepository,
  ) {}

  /** @param period a valid one. @throws AppError `not_found` */
  async ofPeriod(organizationId: string, period: string): Promise<OrganizationUsageResponse> {
    const { customerId } = await this.organizations.get(organizationId);
    const days = daysOfPeriod(period);
    if (days === undefined) throw new Error(`${period} is no period.`);
    const [jobs, calls] = await Promise.all([this.usage.jobs(customerId, days), this.usage.calls(customerId, days)]);
    const creditsByTeam = new Map<string, { jobs: bigint; credits: bigint }>();
    const add = (teamId: string, made: bigint, credits: bigint): void => {
      const known = creditsByTeam.get(teamId) ?? { jobs: 0n, credits: 0n };
      creditsByTeam.set(teamId, { jobs: known.jobs + made, credits: known.credits + credits });
    };
    for (const row of jobs) add(row.teamId, BigInt(row.jobs), BigInt(row.credits));
    for (const row of calls) if (row.teamId !== null) add(row.teamId, 0n, BigInt(row.credits));
    return {
      organization_id: organizationId,
      period,
      summary: {
        total_jobs: wholeOf(sumOf(jobs, (row) => row.jobs)),
        completed_jobs: wholeOf(sumOf(jobs, (row) => row.completedJobs)),
        failed_jobs: wholeOf(sumOf(jobs, (row) => row.failedJobs)),
        credits_used: wholeOf(sumOf(jobs, (row) => row.credits) + sumOf(calls, (row) => row.credits)),
        total_cost_usd: dollarsOf(sumOf(calls, (row) => row.clientCostNanoUsd)),
        total_tokens: wholeOf(sumOf(calls, (row) => row.tokens)),
        total_calls: wholeOf(sumOf(calls, (row) => row.calls)),
      },
      teams: Object.fromEntries(
        [...creditsByTeam].map(([teamId, used]) => [
          teamId,
          { jobs: wholeOf(used.jobs), credits_used: wholeOf(used.credits) },
        ]),
      ),
    };
  }
}

function sumOf<T>(rows: readonly T[], read: (row: T) => string): bigint {
  return rows.reduce((sum, row) => sum + BigInt(read(row)), 0n);
}
