import { describe, expect, it } from '@jest/globals';

import { dayBefore, wholeMonths } from './usage-sums.js';

describe('wholeMonths', () => {
  it.each([
    ['-infinity', 'infinity', '-infinity', 'infinity'],
    ['-infinity', '2026-02-28', '-infinity', '2026-03-01'],
    ['-infinity', '2026-02-27', '-infinity', '2026-02-01'],
    ['2026-01-01', 'infinity', '2026-01-01', 'infinity'],
    ['2026-01-02', 'infinity', '2026-02-01', 'infinity'],
    ['2026-01-01', '2026-12-31', '2026-01-01', '2027-01-01'],
    ['2025-12-31', '2026-02-01', '2026-01-01', '2026-02-01'],
    ['2024-02-01', '2024-02-29', '2024-02-01', '2024-03-01'],
  ])('of %s to %s are those from %s until before %s', (first, last, from, until) => {
    expect(wholeMonths({ first, last })).toEqual([from, until]);
  });

  it.each([
    ['2026-01-02', '2026-01-31'],
    ['2026-01-01', '2026-01-30'],
    ['2026-01-15', '2026-02-15'],
    ['2026-01-31', '2026-01-31'],
    ['2026-03-01', '2026-01-01'],
  ])('of %s to %s are none', (first, last) => {
    expect(wholeMonths({ first, last })).toEqual([first, first]);
  });
});

describe('dayBefore', () => {
  it('crosses months and years', () => {
    expect(['2026-03-01', '2024-03-01', '2026-01-01'].map((day) => dayBefore(day))).toEqual([
      '2026-02-28',
      '2024-02-29',
      '2025-12-31',
    ]);
  });
});
