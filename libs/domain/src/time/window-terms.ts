import { DurationError, parseDuration } from './duration.js';
import type { CalendarWindowSpec, WindowSpec } from './window.js';

/** How a limit's windows are stored; what they mean in a tenant is {@link windowSpecOf}. */
export interface WindowTerms {
  /** The duration as the operator wrote it. */
  readonly durationText: string;
  /** When counting began; the start of a window. */
  readonly anchorMs: number;
  /** When the windows were aligned to the calendar; null: they roll from the anchor. */
  readonly alignedFromMs: number | null;
  /** Sliding windows are never aligned. */
  readonly isSliding: boolean;
}

/** What a tenant's calendar is. */
export interface TenantCalendar {
  /** IANA name. */
  readonly timeZone: string;
  /** 1 to 12. */
  readonly fiscalYearStartMonth: number;
}

/** The calendar of a tenant that has not set one. */
export const DEFAULT_CALENDAR: TenantCalendar = Object.freeze({ timeZone: 'UTC', fiscalYearStartMonth: 1 });

const CALENDAR_TEXT = /^(\d{1,3})([dwMY])$/;

/**
 * The calendar unit of a duration: `1d`, `2w`, `1M`, `3M` (a quarter), `1Y`.
 *
 * @throws DurationError for a duration that no calendar has, such as `36h` or `1.5d`.
 */
export function calendarUnitOf(durationText: string): Pick<CalendarWindowSpec, 'unit' | 'count'> {
  const [, digits = '', letter = ''] = CALENDAR_TEXT.exec(durationText) ?? [];
  const count = Number(digits);
  if (letter === '' || count < 1) {
    throw new DurationError(durationText, 'the calendar knows only whole days, weeks, months and years');
  }
  switch (letter) {
    case 'd':
      return { unit: 'day', count };
    case 'w':
      return { unit: 'week', count };
    case 'Y':
      return { unit: 'year', count };
    default:
      return count % 3 === 0 ? { unit: 'quarter', count: count / 3 } : { unit: 'month', count };
  }
}

/** The windows that terms mean under a tenant's calendar. @throws DurationError for a text outside the grammar. */
export function windowSpecOf(terms: WindowTerms, calendar: TenantCalendar): WindowSpec {
  const { durationText, anchorMs, alignedFromMs, isSliding } = terms;
  if (alignedFromMs !== null) {
    const { timeZone, fiscalYearStartMonth } = calendar;
    return {
      kind: 'calendar',
      ...calendarUnitOf(durationText),
      timeZone,
      fiscalYearStartMonth,
      anchorMs,
      alignedFromMs,
    };
  }
  return { kind: isSliding ? 'sliding' : 'rolling', durationMs: parseDuration(durationText), anchorMs };
}
