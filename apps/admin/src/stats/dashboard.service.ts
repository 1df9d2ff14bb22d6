import { Injectable } from '@nestjs/common';
import { formatUsd, nanoUsd } from '@penstock/domain';
import { exactJsonNumber, type RequestContext } from '@penstock/platform';

import { DashboardRepository, type DashboardUsageRow } from './dashboard.repository.js';
import type { DashboardResponse, DashboardUsage } from './dashboard.response.js';

const DAY_MS = 86_400_000;
const LAST_DAYS = 30;

/** What an operator wants to see first. */
@Injectable()
export class DashboardService {
  constructor(private readonly dashboard: DashboardRepository) {}

  async read({ nowMs }: RequestContext): Promise<DashboardResponse> {
    const today = utcDay(nowMs);
    const [counts, ofToday, ofLastDays] = await Promise.all([
      this.dashboard.counts(),
      this.dashboard.usage(today, today),
      this.dashboard.usage(utcDay(nowMs - (LAST_DAYS - 1) * DAY_MS), today),
    ]);
    return {
      organizations: Number(counts.organizations),
      teams: Number(counts.teams),
      modelGroups: Number(counts.modelGroups),
      totalCredits: exactJsonNumber(counts.allocated),
      creditsRemaining: exactJsonNumber((BigInt(counts.allocated) - BigInt(counts.used)).toString()),
      creditsUsed: exactJsonNumber(counts.used),
      open_jobs: Number(counts.openJobs),
      today: toUsage(ofToday),
      last_30_days: toUsage(ofLastDays),
    };
  }
}

function utcDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function toUsage({ calls, tokens, cost, clientCost }: DashboardUsageRow): DashboardUsage {
  return {
    calls: Number(calls),
    tokens: exactJsonNumber(tokens),
    cost_usd: exactJsonNumber(formatUsd(nanoUsd(BigInt(cost)))),
    client_cost_usd: exactJsonNumber(formatUsd(nanoUsd(BigInt(clientCost)))),
  };
}
