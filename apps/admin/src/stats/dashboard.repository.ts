import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Counts and sums as decimal text. */
export interface DashboardRow {
  readonly organizations: string;
  readonly teams: string;
  readonly modelGroups: string;
  readonly allocated: string;
  readonly used: string;
  readonly openJobs: string;
}

/** Sums of usage as decimal text. */
export interface DashboardUsageRow {
  readonly calls: string;
  readonly tokens: string;
  readonly cost: string;
  readonly clientCost: string;
}

/** Accounts of teams that are gone have nothing left, so what they used is left out of both sums. */
const COUNTS = `
  SELECT (SELECT count(*) FROM saas.organizations WHERE status = 'active') AS organizations,
    (SELECT count(*) FROM saas.teams) AS teams,
    (SELECT count(*) FROM saas.model_groups WHERE status = 'active') AS "modelGroups",
    (SELECT COALESCE(sum(allocated_credits), 0) FROM ledger.credit_accounts
      WHERE kind = 'team' AND closed_at IS NULL) AS allocated,
    (SELECT COALESCE(sum(used_credits), 0) FROM ledger.credit_accounts
      WHERE kind = 'team' AND closed_at IS NULL) AS used,
    (SELECT count(*) FROM saas.jobs WHERE status IN ('pending', 'in_progress')) AS "openJobs"`;

/** The days are kept as sums, so this reads as many rows as there are keys and models in use, not calls. */
const USAGE = `
  SELECT COALESCE(sum(calls), 0) AS calls, COALESCE(sum(tokens), 0) AS tokens,
    COALESCE(sum(cost_nano_usd), 0) AS cost, COALESCE(sum(client_cost_nano_usd), 0) AS "clientCost"
  FROM ledger.usage_daily WHERE day BETWEEN $1 AND $2`;

/** Reads for the dashboard; none touches a single call. */
@Injectable()
export class DashboardRepository {
  constructor(private readonly dataSource: DataSource) {}

  async counts(): Promise<DashboardRow> {
    const [row]: DashboardRow[] = await this.dataSource.query(COUNTS);
    return row as DashboardRow;
  }

  /** @param first and `last` are UTC days, `YYYY-MM-DD`. */
  async usage(first: string, last: string): Promise<DashboardUsageRow> {
    const [row]: DashboardUsageRow[] = await this.dataSource.query(USAGE, [first, last]);
    return row as DashboardUsageRow;
  }
}
