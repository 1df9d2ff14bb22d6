/** First and last day of a report, inclusive: `YYYY-MM-DD`, or `-infinity` and `infinity`. */
export interface ReportDays {
  readonly first: string;
  readonly last: string;
}

/**
 * Usage of a tenant's teams by provider and model, whole months from the sums of months and what remains of others from
 * the sums of days: a table expression over the parameters of {@link usageParameters}.
 */
export const USAGE_OF_DAYS = `(
  SELECT team_id, provider, model, calls, tokens, client_cost_nano_usd, credits FROM ledger.usage_monthly
    WHERE tenant_id = $1 AND month >= $4 AND month < $5
  UNION ALL
  SELECT team_id, provider, model, calls, tokens, client_cost_nano_usd, credits FROM ledger.usage_daily
    WHERE tenant_id = $1 AND day >= $2 AND day < $4
  UNION ALL
  SELECT team_id, provider, model, calls, tokens, client_cost_nano_usd, credits FROM ledger.usage_daily
    WHERE tenant_id = $1 AND day >= $5 AND day <= $3)`;

/** Tenant, first and last day, and the whole months between them: $1 to $5 of {@link USAGE_OF_DAYS}. */
export function usageParameters(tenantId: string, days: ReportDays): string[] {
  return [tenantId, days.first, days.last, ...wholeMonths(days)];
}

/**
 * The whole months within the days: the first day of the first, and the first day after the last. None: twice the first
 * day, so that every day is after them.
 */
export function wholeMonths({ first, last }: ReportDays): [string, string] {
  const from = first === '-infinity' || first.endsWith('-01') ? first : firstOfMonth(first, 1);
  const until = last === 'infinity' ? last : firstOfMonth(dayAfter(last), 0);
  // As texts, infinities are where they belong: before and after all digits.
  return from < until ? [from, until] : [first, first];
}

/** The day before a day. */
export function dayBefore(day: string): string {
  return shift(day, -1);
}

function dayAfter(day: string): string {
  return shift(day, 1);
}

function shift(day: string, days: number): string {
  const shifted = new Date(`${day}T00:00:00Z`);
  shifted.setUTCDate(shifted.getUTCDate() + days);
  return shifted.toISOString().slice(0, 10);
}

function firstOfMonth(day: string, monthsLater: number): string {
  const shifted = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  shifted.setUTCMonth(shifted.getUTCMonth() + monthsLater);
  return shifted.toISOString().slice(0, 10);
}
