import type pg from 'pg';
import type { ApiReader } from '../management/api-reader.js';
import type { ReportsOptions } from './reports-options.js';
import type { SeededOrganization } from './seed-organization.js';

/** Each selects one sentence per difference between what is summed and its sums. */
const CHECKS: Readonly<Record<string, string>> = {
  'usage events and usage_daily': differences(
    ['calls', 'tokens', 'cost', 'client_cost', 'credits'],
    `SELECT (started_at AT TIME ZONE 'UTC')::date::text || ' ' || team_id || ' ' || model_sent AS name,
       count(*) AS calls, sum(tokens) AS tokens, sum(cost_nano_usd) AS cost, sum(client_cost_nano_usd) AS client_cost,
       sum(credits) AS credits FROM ledger.usage_events GROUP BY 1`,
    `SELECT day::text || ' ' || team_id || ' ' || model AS name, sum(calls) AS calls, sum(tokens) AS tokens,
       sum(cost_nano_usd) AS cost, sum(client_cost_nano_usd) AS client_cost, sum(credits) AS credits
     FROM ledger.usage_daily GROUP BY 1`,
  ),
  'usage_daily and usage_monthly': differences(
    ['calls', 'tokens', 'client_cost', 'credits'],
    `SELECT date_trunc('month', day)::date::text || ' ' || team_id || ' ' || provider || ' ' || model AS name,
       sum(calls) AS calls, sum(tokens) AS tokens, sum(client_cost_nano_usd) AS client_cost, sum(credits) AS credits
     FROM ledger.usage_daily GROUP BY 1`,
    `SELECT month::text || ' ' || team_id || ' ' || provider || ' ' || model AS name, calls, tokens,
       client_cost_nano_usd AS client_cost, credits FROM ledger.usage_monthly`,
  ),
  'usage_daily and usage_tenant_daily': differences(
    ['calls', 'tokens', 'client_cost', 'credits'],
    `SELECT tenant_id || ' ' || day AS name, sum(calls) AS calls, sum(tokens) AS tokens,
       sum(client_cost_nano_usd) AS client_cost, sum(credits) AS credits FROM ledger.usage_daily GROUP BY 1`,
    `SELECT tenant_id || ' ' || day AS name, calls, tokens, client_cost_nano_usd AS client_cost, credits
     FROM ledger.usage_tenant_daily`,
  ),
  'usage events and calls of jobs': differences(
    ['calls', 'tokens', 'cost'],
    `SELECT job_id::text AS name, count(*) AS calls, sum(tokens) AS tokens, sum(client_cost_nano_usd) AS cost
     FROM ledger.usage_events WHERE job_id IS NOT NULL GROUP BY 1`,
    `SELECT job_id::text AS name, count(*) AS calls, sum(tokens) AS tokens, sum(client_cost_nano_usd) AS cost
     FROM saas.job_calls WHERE state = 'succeeded' GROUP BY 1`,
  ),
  'calls of jobs and jobs': differences(
    ['calls', 'failed', 'tokens', 'cost'],
    `SELECT job_id::text AS name, count(*) AS calls, count(*) FILTER (WHERE state = 'failed') AS failed,
       sum(tokens) AS tokens, sum(client_cost_nano_usd) AS cost FROM saas.job_calls GROUP BY 1`,
    `SELECT job_id::text AS name, calls, failed_calls AS failed, tokens, client_cost_nano_usd AS cost FROM saas.jobs`,
  ),
  'jobs and job_daily': differences(
    ['jobs', 'completed', 'calls', 'tokens', 'cost', 'credits'],
    `SELECT (created_at AT TIME ZONE 'UTC')::date::text || ' ' || team_id AS name, count(*) AS jobs,
       count(*) FILTER (WHERE status = 'completed') AS completed, sum(calls) AS calls, sum(tokens) AS tokens,
       sum(client_cost_nano_usd) AS cost, sum(credits_charged) AS credits FROM saas.jobs GROUP BY 1`,
    `SELECT day::text || ' ' || team_id AS name, sum(jobs) AS jobs, sum(completed_jobs) AS completed, sum(calls) AS calls,
       sum(tokens) AS tokens, sum(client_cost_nano_usd) AS cost, sum(credits) AS credits FROM saas.job_daily GROUP BY 1`,
  ),
  'used credits, of usage and of accounts': differences(
    ['credits'],
    `SELECT s.account_id::text AS name, sum(credits) AS credits FROM (
       SELECT a.id AS account_id, u.credits FROM ledger.usage_daily u
         JOIN ledger.credit_accounts a ON a.governance_team_id = u.team_id
       UNION ALL SELECT account_id, credits_charged FROM saas.jobs) s GROUP BY 1`,
    `SELECT id::text AS name, used_credits AS credits FROM ledger.credit_accounts WHERE kind = 'team'`,
  ),
  'balances of accounts and the sums of their entries': differences(
    ['credits'],
    `SELECT id::text AS name, allocated_credits - used_credits AS credits FROM ledger.credit_accounts WHERE kind = 'team'`,
    `SELECT e.account_id::text AS name, sum(e.credits) AS credits FROM ledger.credit_entries e
       JOIN ledger.credit_accounts a ON a.id = e.account_id WHERE a.kind = 'team' GROUP BY 1`,
  ),
};

function differences(columns: readonly string[], left: string, right: string): string {
  const side = (alias: string): string => `ROW(${columns.map((column) => `${alias}.${column}::numeric`).join(', ')})`;
  return `SELECT l.name AS left_name, r.name AS right_name, ${side('l')}::text AS left_sums, ${side('r')}::text AS right_sums
    FROM (${left}) l FULL JOIN (${right}) r ON r.name = l.name WHERE ${side('l')} IS DISTINCT FROM ${side('r')} LIMIT 3`;
}

interface Difference {
  readonly left_name: string | null;
  readonly right_name: string | null;
  readonly left_sums: string;
  readonly right_sums: string;
}

/**
 * Whether what was seeded agrees with its sums, and the API reports what was seeded. Each difference is one sentence;
 * none is the aim.
 */
export async function checkBooks(
  database: pg.Client,
  api: ApiReader,
  organization: SeededOrganization,
  options: ReportsOptions,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [what, sql] of Object.entries(CHECKS)) {
    const { rows } = await database.query<Difference>(sql);
    for (const row of rows) {
      problems.push(`${what}: ${row.left_name ?? row.right_name} has ${row.left_sums} and ${row.right_sums}`);
    }
  }
  const base = `/api/jobs/organizations/${organization.id}`;
  const stats = await api.json<Record<string, unknown>>(`${base}/stats`);
  const analytics = await api.json<Record<string, unknown>>(`${base}/analytics`);
  const reported = [
    ['successful_requests', analytics['successful_requests'], options.usageEvents],
    ['total_jobs', stats['total_jobs'], options.jobs],
    ['total_teams', stats['total_teams'], options.teams],
  ] as const;
  for (const [name, actual, expected] of reported) {
    if (actual !== expected) problems.push(`${name} reads ${String(actual)} instead of ${expected}`);
  }
  return problems;
}
