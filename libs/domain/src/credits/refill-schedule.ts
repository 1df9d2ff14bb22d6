/** How often an account is refilled. */
export type RefillPeriod = 'daily' | 'weekly' | 'monthly';

/** Every {@link RefillPeriod}. */
export const REFILL_PERIODS = ['daily', 'weekly', 'monthly'] as const satisfies RefillPeriod[];

/** When the periods of an account begin. */
export interface RefillSchedule {
  readonly period: RefillPeriod;
  /** Period 0 begins here. */
  readonly anchorMs: number;
}

const DAY_MS = 86_400_000;
const FIXED_MS = { daily: DAY_MS, weekly: 7 * DAY_MS } as const;

/**
 * When a period begins. Months are those of the calendar in UTC, counted from the anchor and not from each other: from
 * the 31st they begin on the last day of shorter months, and on the 31st again after that.
 */
export function refillPeriodStart({ period, anchorMs }: RefillSchedule, index: number): number {
  if (period !== 'monthly') return anchorMs + index * FIXED_MS[period];
  const anchor = new Date(anchorMs);
  const first = new Date(anchorMs);
  first.setUTCDate(1);
  first.setUTCMonth(anchor.getUTCMonth() + index);
  const daysInMonth = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(anchor.getUTCDate(), daysInMonth));
  return first.getTime();
}

/** The number of the period that runs at an instant; negative before the anchor. */
export function refillPeriodAt(schedule: RefillSchedule, nowMs: number): number {
  const { period, anchorMs } = schedule;
  if (period !== 'monthly') return Math.floor((nowMs - anchorMs) / FIXED_MS[period]);
  const [anchor, now] = [new Date(anchorMs), new Date(nowMs)];
  const months = (now.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + now.getUTCMonth() - anchor.getUTCMonth();
  return refillPeriodStart(schedule, months) <= nowMs ? months : months - 1;
}
