import type { DayRange } from './jobs.repository.js';

const PERIOD = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;

/** The days of a year, a month or a day, such as `2026`, `2026-01` or `2026-01-31`; undefined for any other text. */
export function daysOfPeriod(period: string): DayRange | undefined {
  const [, year, month, day] = PERIOD.exec(period) ?? [];
  if (year === undefined || Number(year) === 0 || Number(year) > 9998) return undefined;
  const from = new Date(`${year}-${month ?? '01'}-${day ?? '01'}T00:00:00Z`);
  if (Number.isNaN(from.getTime()) || !from.toISOString().startsWith(period)) return undefined;
  const until = new Date(from);
  if (day !== undefined) until.setUTCDate(until.getUTCDate() + 1);
  else if (month !== undefined) until.setUTCMonth(until.getUTCMonth() + 1);
  else until.setUTCFullYear(until.getUTCFullYear() + 1);
  return { from: dayOf(from), until: dayOf(until) };
}

/** The UTC day of an instant. */
export function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
