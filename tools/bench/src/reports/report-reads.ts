import type { ApiReader } from '../management/api-reader.js';
import type { Read } from '../management/reads.js';
import type { SeededOrganization } from './seed-organization.js';

/** What is measured, in two parts. */
export interface ReportReads {
  /** None of them may touch a usage event. */
  readonly reports: readonly Read[];
  /** Prices calls anew, one by one: reads the events of its period, and nothing else may. */
  readonly previews: readonly Read[];
}

const MONTHS = 12;
const JOBS_PAGE = 20;

/** All of them. Reads some pages, because a page by cursor needs the cursor of another. */
export async function reportReads(
  api: ApiReader,
  { id, teamIds }: SeededOrganization,
  nowMs: number,
): Promise<ReportReads> {
  const months = lastMonths(nowMs);
  const month = (turn: number): Month => months[turn % months.length] ?? { first: '', last: '', until: '' };
  const period = (turn: number): string => month(turn).first.slice(0, 7);
  const year = String(new Date(nowMs).getUTCFullYear());
  const [team = ''] = teamIds;
  const ofOrganization = `/api/jobs/organizations/${id}`;
  const dates = (turn: number): string => `start_date=${month(turn).first}&end_date=${month(turn).last}`;
  const jobs = `/api/jobs/teams/${team}?page_size=${JOBS_PAGE}`;
  const { total_pages: pages } = await api.json<{ total_pages: number }>(jobs);
  const transactions = `/api/credits/teams/${team}/transactions?limit=50`;
  const cursors = await transactionCursors(api, transactions);
  const auditCursors = await cursorsOfAudit(api, months);
  const actors = await findAuditActors(api, month(1).until);
  const pick = (items: readonly string[]) => (turn: number) => items[turn % items.length] ?? '';
  return {
    reports: [
      operator('dashboard', () => '/api/stats/dashboard'),
      operator('organization_stats_all_time', () => `${ofOrganization}/stats`),
      operator('organization_stats_month', (turn) => `${ofOrganization}/stats?${dates(turn)}`),
      operator('organization_analytics_all_time', () => `${ofOrganization}/analytics`),
      operator('organization_analytics_month', (turn) => `${ofOrganization}/analytics?${dates(turn)}`),
      operator('organization_usage_year', () => `/api/organizations/${id}/usage?period=${year}`),
      operator('organization_usage_month', (turn) => `/api/organizations/${id}/usage?period=${period(turn)}`),
      ofTeam('team_usage_year', () => `/api/teams/${team}/usage?period=${year}`),
      ofTeam('team_usage_month', (turn) => `/api/teams/${team}/usage?period=${period(turn)}`),
      ofTeam('team_own_jobs', (turn) => `/api/teams/${team}/jobs?limit=100&offset=${(turn % 10) * 100}`),
      operator('team_jobs_first_page', () => jobs),
      operator('team_jobs_deep_page', (turn) => `${jobs}&page=${pages - (turn % 10)}`),
      operator('team_jobs_failed', () => `${jobs}&status=failed`),
      operator('team_jobs_month', (turn) => `${jobs}&${dates(turn)}`),
      operator('teams', () => '/api/teams'),
      operator('credit_transactions_page', () => transactions),
      operator('credit_transactions_cursor', (turn) => `${transactions}&cursor=${pick(cursors)(turn)}`),
      operator('audit_logs_page', () => '/api/audit-logs'),
      operator('audit_logs_by_actor', (turn) => `/api/audit-logs?actor=${pick(actors)(turn)}`),
      operator('audit_logs_by_action_prefix', () => '/api/audit-logs?action=budget.*'),
      operator('audit_logs_of_organization', () => `/api/audit-logs?organization_id=${id}`),
      operator('audit_logs_cursor', (turn) => `/api/audit-logs?cursor=${pick(auditCursors)(turn)}`),
    ],
    previews: [
      {
        ...operator('price_preview_month', () => `/api/organizations/${id}/price-book/preview`),
        isWholeList: true,
        body: {
          from: `${month(1).first}T00:00:00Z`,
          to: `${month(1).until}T00:00:00Z`,
          entries: [{ kind: 'markup', percent: 20 }],
        },
      },
    ],
  };
}

interface Month {
  readonly first: string;
  readonly last: string;
  /** The first day after it. */
  readonly until: string;
}

/** The month of an instant and those before it, latest first. */
export function lastMonths(nowMs: number): Month[] {
  const now = new Date(nowMs);
  const day = (monthsAgo: number, dayOfMonth: number): string =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsAgo, dayOfMonth)).toISOString().slice(0, 10);
  return Array.from({ length: MONTHS }, (_, ago) => ({
    first: day(ago, 1),
    last: day(ago - 1, 0),
    until: day(ago - 1, 1),
  }));
}

async function transactionCursors(api: ApiReader, list: string): Promise<string[]> {
  const cursors: string[] = [];
  for (let offset = 0; offset < 1_000_000; offset = offset * 2 + 100) {
    const { next_cursor: cursor } = await api.json<{ next_cursor: string | null }>(`${list}&offset=${offset}`);
    if (cursor === null) break;
    cursors.push(cursor);
  }
  return cursors;
}

async function cursorsOfAudit(api: ApiReader, months: readonly Month[]): Promise<string[]> {
  const cursors: string[] = [];
  for (const { until } of months) {
    const page = await api.json<{ next_cursor: string | null }>(`/api/audit-logs?to=${until}T00:00:00Z`);
    if (page.next_cursor !== null) cursors.push(encodeURIComponent(page.next_cursor));
  }
  return cursors;
}

/** Who acted before this day, when the seed had not begun. */
async function findAuditActors(api: ApiReader, until: string): Promise<string[]> {
  const { entries } = await api.json<{ entries: { actor: string }[] }>(`/api/audit-logs?to=${until}T00:00:00Z`);
  return [...new Set(entries.map(({ actor }) => actor))];
}

function operator(name: string, path: Read['path']): Read {
  return { name, caller: 'operator', isWholeList: false, path };
}

function ofTeam(name: string, path: Read['path']): Read {
  return { name, caller: 'team', isWholeList: false, path };
}
