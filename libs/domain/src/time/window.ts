import { civilDateAt, startOfCivilDay } from './civil-time.js';

/** Windows of equal length laid end to end from an anchor. */
export interface RollingWindowSpec {
  readonly kind: 'rolling';
  readonly durationMs: number;
  readonly anchorMs: number;
}

/**
 * The last `durationMs`, at every moment. Counted in buckets: a call counts from its own bucket's start until the
 * whole duration has passed after its bucket's end, so that no stretch of `durationMs` ever holds more than the cap.
 */
export interface SlidingWindowSpec {
  readonly kind: 'sliding';
  readonly durationMs: number;
  readonly anchorMs: number;
}

/** One window without end, for what is counted only while it lasts: concurrent requests. */
export interface UnendingWindowSpec {
  readonly kind: 'unending';
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
  /** When counting began. The first window starts here, so that a limit set in mid-month counts from then on. */
  readonly anchorMs?: number;
  /**
   * When the windows were aligned to the calendar: the first window ends at the first boundary after it. Not before
   * `anchorMs`, from which it differs where windows of another kind were aligned: their current window, and so their
   * usage, lasts until that boundary. `anchorMs` when absent.
   */
  readonly alignedFromMs?: number;
}

/** How time is cut into windows. */
export type WindowSpec = RollingWindowSpec | SlidingWindowSpec | CalendarWindowSpec | UnendingWindowSpec;

/** Half-open: `startMs` belongs to the window, `endMs` to the next one. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

const MONTHS_PER_UNIT = { month: 1, quarter: 3, year: 12 } as const;
/** Far beyond use, and well within the years that a Date can hold. */
const COUNT_MAX = 1_000;
/** Buckets of a sliding window: the price of exactness is that a call may count up to a tenth longer than it must. */
const SLIDING_BUCKETS = 10;
/** Windows of one limit that count at one moment, at most: the buckets of a sliding window, and the current one. */
export const COUNTED_WINDOWS_MAX = SLIDING_BUCKETS + 1;
/** Shorter buckets would end while a reservation is on its way to the store. */
const BUCKET_MS_MIN = 10;
const UNENDING: Window = Object.freeze({ startMs: 0, endMs: Number.MAX_SAFE_INTEGER });
/** 1970-01-05, the first Monday: day number 4. */
const FIRST_MONDAY = 4;

/**
 * The window that contains `nowMs`; of a sliding window its current bucket. A pure function of the spec and the
 * clock: no state that could be reset, drift, or differ between replicas.
 *
 * @throws RangeError for an impossible spec or an unknown time zone.
 */
export function windowAt(spec: WindowSpec, nowMs: number): Window {
  switch (spec.kind) {
    case 'rolling':
      return tileAt(spec.durationMs, spec.anchorMs, nowMs);
    case 'sliding':
      return tileAt(slidingBucketMs(spec), spec.anchorMs, nowMs);
    case 'calendar':
      return calendarWindowAt(spec, nowMs);
    case 'unending':
      return UNENDING;
  }
}

/** Length of one bucket of a sliding window. */
export function slidingBucketMs({ durationMs }: SlidingWindowSpec): number {
  return Math.max(BUCKET_MS_MIN, Math.ceil(durationMs / SLIDING_BUCKETS));
}

/** How long a bucket of a sliding window counts after its end: the duration in whole buckets. */
export function slidingReachMs(spec: SlidingWindowSpec): number {
  const bucketMs = slidingBucketMs(spec);
  return Math.ceil(spec.durationMs / bucketMs) * bucketMs;
}

/** The buckets before `bucket` that still count while it lasts, newest first. */
export function slidingHistory(spec: SlidingWindowSpec, bucket: Window): Window[] {
  const bucketMs = slidingBucketMs(spec);
  return Array.from({ length: slidingReachMs(spec) / bucketMs }, (_, index) => {
    const endMs = bucket.startMs - index * bucketMs;
    return { startMs: endMs - bucketMs, endMs };
  });
}

/** When counting began under a spec, in milliseconds since the epoch; undefined when it always counted. */
export function countingSinceMs(spec: WindowSpec): number | undefined {
  return spec.kind === 'unending' ? undefined : spec.anchorMs;
}

function tileAt(durationMs: number, anchorMs: number, nowMs: number): Window {
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
  const window = anchoredWindowAt(spec, nowMs);
  lastWindowOf.set(spec, window);
  return window;
}

/** The tile of the calendar, but for the first window and what was before it. */
function anchoredWindowAt(spec: CalendarWindowSpec, nowMs: number): Window {
  const { anchorMs, alignedFromMs = anchorMs } = spec;
  const tile = calendarTileAt(spec, nowMs);
  if (anchorMs === undefined || alignedFromMs === undefined) return tile;
  if (nowMs < anchorMs) return { startMs: tile.startMs, endMs: Math.min(tile.endMs, anchorMs) };
  const firstEndMs = calendarTileAt(spec, alignedFromMs).endMs;
  return nowMs < firstEndMs ? { startMs: anchorMs, endMs: firstEndMs } : tile;
}

function calendarTileAt(spec: CalendarWindowSpec, nowMs: number): Window {
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
  return { startMs, endMs };
}

function assertPossible(spec: CalendarWindowSpec): void {
  const { unit, count, fiscalYearStartMonth = 1, anchorMs, alignedFromMs } = spec;
  if (anchorMs !== undefined && alignedFromMs !== undefined && alignedFromMs < anchorMs) {
    throw new RangeError(`Windows cannot be aligned before counting began: ${alignedFromMs} < ${anchorMs}`);
  }
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
