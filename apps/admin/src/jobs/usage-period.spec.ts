import { describe, expect, it } from '@jest/globals';

import { daysOfPeriod } from './usage-period.js';

describe('daysOfPeriod', () => {
  it.each([
    ['2026', '2026-01-01', '2027-01-01'],
    ['2026-12', '2026-12-01', '2027-01-01'],
    ['2028-02', '2028-02-01', '2028-03-01'],
    ['2026-01-31', '2026-01-31', '2026-02-01'],
    ['2028-02-29', '2028-02-29', '2028-03-01'],
  ])('%s is from %s until %s', (period, from, until) => {
    expect(daysOfPeriod(period)).toEqual({ from, until });
  });

  it.each(['', '26', '2026-13', '2026-00', '2026-02-29', '2026-1', '0000', '9999', '2026-01-01T00:00:00Z', '2026-Q1'])(
    'refuses %j',
    (period) => expect(daysOfPeriod(period)).toBeUndefined(),
  );
});
