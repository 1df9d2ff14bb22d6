import { civilDateAt, startOfCivilDay } from './civil-time.js';

/** Windows of equal length laid end to end from an anchor. */
export interface RollingWindowSpec {
  readonly kind: 'rolling';
  readonly durationMs: number;
  readonly anchorMs: number;
}

/** Windows that follow the calendar of an IANA time zone; weeks start on Monday. */
export interface CalendarWindowSpec {
  readonly kind: 'calendar';
  readonly unit: 'day' | 'week' | 'month' | 'quarter' | 'year';
  /** How many units one window spans. */
  readonly count: number;
  readonly timeZone: string;
  /** 1 to 12; quarters and years start in this month. January when absent. */
  readonly fiscalYearStartMonth?: number;
}

/** How time is cut into windows. */
export type WindowSpec = RollingWindowSpec | CalendarWindowSpec;

/** Half-open: `startMs` belongs to the window, `endMs` to the next one. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

const MONTHS_PER_UNIT = { month: 1, quarter: 3, year: 12 } as const;
/** Far beyond use, and well within the years that a Date can hold. */
const COUNT_MAX = 1_000;
/** 1970-01-05, the first Monday: day number 4. */
const FIRST_MONDAY = 4;

/**
 * The window that contains `nowMs`. A pure function of the spec and the clock: no state that could be reset,
 * drift, or differ between replicas.
 *
 * @throws RangeError for an impossible spec or an unknown time zone.
 */
export function windowAt(spec: WindowSpec, nowMs: number): Window {
  return spec.kind === 'rolling' ? rollingWindowAt(spec, nowMs) : calendarWindowAt(spec, nowMs);
}

function rollingWindowAt(spec: RollingWindowSpec, nowMs: number): Window {
  const { durationMs, anchorMs } = spec;
  if (!(durationMs >= 1)) throw new RangeError(`A window must last at least 1 ms, got ${durationMs}`);
  const startMs = anchorMs + Math.floor((nowMs - anchorMs) / durationMs) * durationMs;
  return { startMs, endMs: startMs + durationMs };
}

/** Hot path: a snapshot's specs are asked thousands of times within one window. */
const lastWindowOf = new WeakMap<CalendarWindowSpec, Window>();

function calendarWindowAt(spec: CalendarWindowSpec, nowMs: number): Window {
  const last = lastWindowOf.get(spec);
  if (last !== undefined && last.startMs <= nowMs && nowMs < last.endMs) return last;
  assertPossible(spec);
  let index = tileIndex(spec, nowMs);
  let startMs = tileStart(spec, index);
  let endMs = tileStart(spec, index + 1);
  // Where clocks go back across midnight the local date repeats; the boundaries, not the date, decide.
  while (nowMs < startMs) {
    index -= 1;
    endMs = startMs;
    startMs = tileStart(spec, index);
  }
  while (nowMs >= endMs) {
    index += 1;
    startMs = endMs;
    endMs = tileStart(spec, index + 1);
  }
  const window = { startMs, endMs };
  lastWindowOf.set(spec, window);
  return window;
}

function assertPossible({ unit, count, fiscalYearStartMonth = 1 }: CalendarWindowSpec): void {
  if (!Number.isSafeInteger(count) || count < 1 || count > COUNT_MAX) {
    throw new RangeError(`A calendar window must span 1 to ${COUNT_MAX} ${unit}s, got ${count}`);
  }
  if (!Number.isSafeInteger(fiscalYearStartMonth) || fiscalYearStartMonth < 1 || fiscalYearStartMonth > 12) {
    throw new RangeError(`A fiscal year must start in month 1 to 12, got ${fiscalYearStartMonth}`);
  }
}

function tileIndex(spec: CalendarWindowSpec, nowMs: number): number {
  const { year, month, dayNumber } = civilDateAt(spec.timeZone, nowMs);
  if (spec.unit === 'day') return Math.floor(dayNumber / spec.count);
  if (spec.unit === 'week') return Math.floor((dayNumber - FIRST_MONDAY) / (7 * spec.count));
  const monthsPerTile = MONTHS_PER_UNIT[spec.unit] * spec.count;
  return Math.floor((year * 12 + month - 1 - monthOffset(spec)) / monthsPerTile);
}

function tileStart(spec: CalendarWindowSpec, index: number): number {
  if (spec.unit === 'day') return startOfCivilDay(spec.timeZone, index * spec.count);
  if (spec.unit === 'week') return startOfCivilDay(spec.timeZone, FIRST_MONDAY + index * 7 * spec.count);
  const months = index * MONTHS_PER_UNIT[spec.unit] * spec.count + monthOffset(spec);
  const year = Math.floor(months / 12);
  return startOfCivilDay(spec.timeZone, Date.UTC(year, months - year * 12, 1) / 86_400_000);
}

function monthOffset(spec: CalendarWindowSpec): number {
  return spec.unit === 'month' ? 0 : (spec.fiscalYearStartMonth ?? 1) - 1;
}
