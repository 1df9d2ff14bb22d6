import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { REFILL_PERIODS, refillPeriodAt, type RefillPeriod, refillPeriodStart } from './refill-schedule.js';

const startOf = (period: RefillPeriod, anchor: string, index: number): string =>
  new Date(refillPeriodStart({ period, anchorMs: Date.parse(anchor) }, index)).toISOString();

describe('periods of a refill', () => {
  it.each<[RefillPeriod, string, number, string]>([
    ['daily', '2026-03-28T12:30:00.000Z', 2, '2026-03-30T12:30:00.000Z'],
    ['weekly', '2026-12-30T00:00:00.000Z', 1, '2027-01-06T00:00:00.000Z'],
    ['monthly', '2026-01-15T08:00:00.000Z', 1, '2026-02-15T08:00:00.000Z'],
    ['monthly', '2026-01-31T08:00:00.000Z', 1, '2026-02-28T08:00:00.000Z'],
    ['monthly', '2026-01-31T08:00:00.000Z', 2, '2026-03-31T08:00:00.000Z'],
    ['monthly', '2026-01-31T08:00:00.000Z', 3, '2026-04-30T08:00:00.000Z'],
    ['monthly', '2027-11-30T08:00:00.000Z', 3, '2028-02-29T08:00:00.000Z'],
    ['monthly', '2026-11-30T23:59:59.999Z', 2, '2027-01-30T23:59:59.999Z'],
    ['monthly', '2026-01-31T08:00:00.000Z', -1, '2025-12-31T08:00:00.000Z'],
  ])('%s from %s: the %d. begins at %s', (period, anchor, index, expected) => {
    expect(startOf(period, anchor, index)).toBe(expected);
  });

  it('follow each other without a gap, each with a number of its own', () => {
    const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) });
    fc.assert(
      fc.property(
        fc.constantFrom(...REFILL_PERIODS),
        instants,
        fc.integer({ min: 0, max: 2_000 }),
        (period, anchorMs, index) => {
          const schedule = { period, anchorMs };
          const [start, end] = [refillPeriodStart(schedule, index), refillPeriodStart(schedule, index + 1)];
          expect(start).toBeLessThan(end);
          expect(refillPeriodAt(schedule, start)).toBe(index);
          expect(refillPeriodAt(schedule, end - 1)).toBe(index);
          expect(refillPeriodAt(schedule, end)).toBe(index + 1);
        },
      ),
    );
  });
});
