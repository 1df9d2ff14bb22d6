import { describe, expect, it } from '@jest/globals';

import { readReportDates } from './report-dates.js';

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

describe('readReportDates', () => {
  it.each([
    [undefined, undefined, null, null],
    ['', '', null, null],
    ['2026-01-31', '2026-01-31', '2026-01-31T00:00:00.000Z', '2026-02-01T00:00:00.000Z'],
    ['2026-01-31T10:00:00Z', '2026-01-31T12:00:00Z', '2026-01-31T10:00:00.000Z', '2026-01-31T12:00:00.001Z'],
    ['2026-01-31T10:00:00', undefined, '2026-01-31T10:00:00.000Z', null],
    ['2026-01-31T10:00:00+02:00', undefined, '2026-01-31T08:00:00.000Z', null],
    ['2026-01-31T10:00:00.123456', undefined, '2026-01-31T10:00:00.123Z', null],
  ])('%p to %p is from %p until %p', (start, end, from, until) => {
    const dates = readReportDates(start, end);
    expect([iso(dates.from), iso(dates.until)]).toEqual([from, until]);
  });

  it.each(['soon', '2026-02-30', '2026-13-01', '2026-01-01T25:00:00Z', '0000-01-01', '9999-12-31', '2026-1-1', '\0'])(
    'refuses %j',
    (text) => {
      expect(() => readReportDates(text, undefined)).toThrow('start_date');
      expect(() => readReportDates(undefined, text)).toThrow('end_date');
    },
  );
});
