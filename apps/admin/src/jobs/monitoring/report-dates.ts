import { AppError } from '@penstock/domain';

/** From when, and until when exclusively; null: no bound. */
export interface ReportDates {
  readonly from: Date | null;
  readonly until: Date | null;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/i;
const DAY_MS = 86_400_000;

/**
 * Reads the dates of a report: days or instants, in UTC unless they say otherwise. A day at the end is meant to its
 * end.
 *
 * @throws AppError `request_invalid`
 */
export function readReportDates(start: string | undefined, end: string | undefined): ReportDates {
  const from = start === undefined || start === '' ? null : read('start_date', start);
  const last = end === undefined || end === '' ? null : read('end_date', end);
  const until = last === null ? null : new Date(last.getTime() + (DAY.test(end ?? '') ? DAY_MS : 1));
  return { from, until };
}

function read(name: string, text: string): Date {
  const isDay = DAY.test(text);
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/i.test(text);
  const instant = isDay || INSTANT.test(text) ? new Date(isDay || hasZone ? text : `${text}Z`) : new Date(Number.NaN);
  const isReal = !Number.isNaN(instant.getTime()) && (!isDay || instant.toISOString().startsWith(text));
  if (isReal && instant.getUTCFullYear() > 0 && instant.getUTCFullYear() < 9_999) return instant;
  throw new AppError('request_invalid', {
    detail: `${name} must be a day or an instant, such as 2026-01-31 or 2026-01-31T12:00:00Z.`,
  });
}
