import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTimeZone } from './civil-time.js';
import {
  type CalendarWindowSpec,
  countingSinceMs,
  slidingBucketMs,
  slidingHistory,
  windowAt,
  type WindowSpec,
} from './window.js';

const DAY = 86_400_000;

/** Zones with every kind of oddity: half hours, jumps at midnight, midnight twice, a day that never was. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'America/St_Johns',
  'Africa/Cairo',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
];
const UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;

function calendar(
  unit: CalendarWindowSpec['unit'],
  timeZone: string,
  count = 1,
  more: Partial<CalendarWindowSpec> = {},
): CalendarWindowSpec {
  return { kind: 'calendar', unit, count, timeZone, ...more };
}

function starts(spec: WindowSpec, instant: string): string {
  return new Date(windowAt(spec, Date.parse(instant)).startMs).toISOString();
}

describe('rolling windows', () => {
  it('tile time from the anchor, before and after it', () => {
    const millis = fc.integer({ min: -(10 ** 13), max: 10 ** 13 });
    fc.assert(
      fc.property(millis, millis, fc.integer({ min: 1, max: 10 ** 12 }), (anchorMs, nowMs, durationMs) => {
        const spec: WindowSpec = { kind: 'rolling', durationMs, anchorMs };
        const window = windowAt(spec, nowMs);
        expect(window.startMs).toBeLessThanOrEqual(nowMs);
        expect(window.endMs).toBeGreaterThan(nowMs);
        expect(window.endMs - window.startMs).toBe(durationMs);
        expect(Math.abs((window.startMs - anchorMs) % durationMs)).toBe(0);
        expect(windowAt(spec, window.endMs).startMs).toBe(window.endMs);
        expect(windowAt(spec, window.startMs - 1).endMs).toBe(window.startMs);
      }),
    );
  });

  it('refuse a duration that is no duration', () => {
    expect(() => windowAt({ kind: 'rolling', durationMs: 0, anchorMs: 0 }, 1)).toThrow(RangeError);
  });
});

describe('calendar windows', () => {
  it.each(ZONES)('tile 2009 to 2013 without gap or overlap in %s', (timeZone) => {
    for (const unit of UNITS) {
      const spec = calendar(unit, timeZone);
      let window = windowAt(spec, Date.UTC(2009, 0, 1));
      while (window.endMs < Date.UTC(2013, 0, 1)) {
        // A fresh object each time: the answer must not come from the memory of the last window.
        const next = windowAt({ ...spec }, window.endMs);
        expect(next.startMs).toBe(window.endMs);
        expect(next.endMs).toBeGreaterThan(next.startMs);
        expect(windowAt({ ...spec }, next.endMs - 1)).toEqual(next);
        window = next;
      }
    }
  });

  it('contain the moment they are asked for, at every moment and in every zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(...UNITS),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2060, 0, 1) }),
        (timeZone, unit, count, fiscalYearStartMonth, nowMs) => {
          const spec = calendar(unit, timeZone, count, { fiscalYearStartMonth });
          const window = windowAt(spec, nowMs);
          expect(window.startMs).toBeLessThanOrEqual(nowMs);
          expect(window.endMs).toBeGreaterThan(nowMs);
          expect(windowAt({ ...spec }, window.startMs)).toEqual(window);
          expect(windowAt({ ...spec }, window.endMs).startMs).toBe(window.endMs);
          expect(windowAt({ ...spec }, window.startMs - 1).endMs).toBe(window.startMs);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each<[string, CalendarWindowSpec, string, string]>([
    ['a day in UTC', calendar('day', 'UTC'), '2026-03-01T23:59:59.999Z', '2026-03-01T00:00:00.000Z'],
    ['a winter day', calendar('day', 'Europe/Berlin'), '2026-01-15T12:00:00Z', '2026-01-14T23:00:00.000Z'],
    ['a summer day', calendar('day', 'Europe/Berlin'), '2026-07-15T12:00:00Z', '2026-07-14T22:00:00.000Z'],
    ['a week begins on Monday', calendar('week', 'UTC'), '2026-11-22T12:00:00Z', '2026-11-16T00:00:00.000Z'],
    ['a leap month', calendar('month', 'UTC'), '2028-02-29T23:00:00Z', '2028-02-01T00:00:00.000Z'],
    ['a month behind UTC', calendar('month', 'America/New_York'), '2026-03-01T03:00:00Z', '2026-02-01T05:00:00.000Z'],
    ['a month ahead of UTC', calendar('month', 'Asia/Kathmandu'), '2026-02-28T18:15:00Z', '2026-02-28T18:15:00.000Z'],
    ['a quarter', calendar('quarter', 'UTC'), '2026-11-23T00:00:00Z', '2026-10-01T00:00:00.000Z'],
    ['a year', calendar('year', 'UTC'), '2026-11-23T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    [
      'a fiscal year',
      calendar('year', 'UTC', 1, { fiscalYearStartMonth: 10 }),
      '2026-09-30T00:00:00Z',
      '2025-10-01T00:00:00.000Z',
    ],
    [
      'a fiscal quarter',
      calendar('quarter', 'UTC', 1, { fiscalYearStartMonth: 2 }),
      '2026-11-23T00:00:00Z',
      '2026-11-01T00:00:00.000Z',
    ],
    ['six months', calendar('month', 'UTC', 6), '2026-11-23T00:00:00Z', '2026-07-01T00:00:00.000Z'],
    // Clocks jumped from 00:00 to 01:00: the day begins with the jump.
    [
      'a day without midnight',
      calendar('day', 'America/Sao_Paulo'),
      '2018-11-04T12:00:00Z',
      '2018-11-04T03:00:00.000Z',
    ],
    // Clocks went back from 01:00 to 00:00: the first of the two midnights counts.
    ['a day with two midnights', calendar('day', 'America/Havana'), '2020-11-01T12:00:00Z', '2020-11-01T04:00:00.000Z'],
    // Samoa skipped 30 December 2011 when it crossed the date line.
    [
      'the day after a missing day',
      calendar('day', 'Pacific/Apia'),
      '2011-12-30T12:00:00Z',
      '2011-12-30T10:00:00.000Z',
    ],
  ])('%s starts where a local calendar says', (_, spec, instant, expected) => {
    expect(starts(spec, instant)).toBe(expected);
  });

  it('give days of 23 and 25 hours where clocks change', () => {
    const spring = windowAt(calendar('day', 'Europe/Berlin'), Date.parse('2026-03-29T10:00:00Z'));
    const autumn = windowAt(calendar('day', 'Europe/Berlin'), Date.parse('2026-10-25T10:00:00Z'));
    expect(spring.endMs - spring.startMs).toBe(DAY - 3_600_000);
    expect(autumn.endMs - autumn.startMs).toBe(DAY + 3_600_000);
  });

  it('do not let the local date decide where it repeats', () => {
    // St. John's fell back at 00:01: 7 November 2010 began, and a minute later it was the 6th again.
    const spec = calendar('day', 'America/St_Johns');
    const again = windowAt(spec, Date.parse('2010-11-07T03:00:00Z'));
    expect(new Date(again.startMs).toISOString()).toBe('2010-11-07T02:30:00.000Z');
  });

  it.each([
    calendar('day', 'Europe/Atlantis'),
    calendar('day', 'UTC', 0),
    calendar('month', 'UTC', 1.5),
    calendar('year', 'UTC', 1, { fiscalYearStartMonth: 13 }),
  ])('refuse an impossible spec: %j', (spec) => {
    expect(() => windowAt(spec, Date.UTC(2026, 0, 1))).toThrow(RangeError);
  });
});

describe('anchored calendar windows', () => {
  const yearOf = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2030, 0, 1) });

  it('tile time from the anchor without gap or overlap, and the first begins at the anchor', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(...UNITS),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 12 }),
        yearOf,
        fc.oneof(fc.constant(undefined), fc.nat(200 * DAY)),
        (timeZone, unit, count, fiscalYearStartMonth, anchorMs, alignedAfterMs) => {
          const alignment = alignedAfterMs === undefined ? {} : { alignedFromMs: anchorMs + alignedAfterMs };
          const spec = calendar(unit, timeZone, count, { fiscalYearStartMonth, anchorMs, ...alignment });
          const tiles = calendar(unit, timeZone, count, { fiscalYearStartMonth });
          let window = windowAt({ ...spec }, anchorMs);
          expect(window.startMs).toBe(anchorMs);
          // It ends at the first boundary after the alignment, however long ago counting began.
          expect(window.endMs).toBe(windowAt(tiles, anchorMs + (alignedAfterMs ?? 0)).endMs);
          expect(windowAt({ ...spec }, window.endMs - 1)).toEqual(window);
          expect(windowAt({ ...spec }, anchorMs - 1).endMs).toBe(anchorMs);
          for (let step = 0; step < 4; step += 1) {
            const next = windowAt({ ...spec }, window.endMs);
            expect(next.startMs).toBe(window.endMs);
            expect(next.endMs).toBeGreaterThan(next.startMs);
            expect(next).toEqual(windowAt({ ...tiles }, window.endMs));
            window = next;
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are never empty, not even where the anchor is a boundary', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.constantFrom(...UNITS), yearOf, (timeZone, unit, nowMs) => {
        const boundaryMs = windowAt(calendar(unit, timeZone), nowMs).startMs;
        for (const anchorMs of [boundaryMs - 1, boundaryMs, boundaryMs + 1]) {
          const spec = calendar(unit, timeZone, 1, { anchorMs });
          for (const atMs of [boundaryMs - 2, boundaryMs - 1, boundaryMs, boundaryMs + 1]) {
            const window = windowAt({ ...spec }, atMs);
            expect(window.startMs).toBeLessThanOrEqual(atMs);
            expect(window.endMs).toBeGreaterThan(atMs);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, Partial<CalendarWindowSpec>, string, string, string]>([
    ['until the next month', {}, '2026-03-20T00:00:00Z', '2026-03-10T12:00:00.000Z', '2026-04-01T00:00:00.000Z'],
    ['then whole months', {}, '2026-04-20T00:00:00Z', '2026-04-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'],
    [
      'until the first boundary after it was aligned',
      { alignedFromMs: Date.parse('2026-05-05T00:00:00Z') },
      '2026-04-20T00:00:00Z',
      '2026-03-10T12:00:00.000Z',
      '2026-06-01T00:00:00.000Z',
    ],
    [
      'of a fiscal quarter',
      { unit: 'quarter', fiscalYearStartMonth: 2 },
      '2026-03-20T00:00:00Z',
      '2026-03-10T12:00:00.000Z',
      '2026-05-01T00:00:00.000Z',
    ],
    [
      'of two quarters',
      { unit: 'quarter', count: 2, fiscalYearStartMonth: 4 },
      '2026-03-20T00:00:00Z',
      '2026-03-10T12:00:00.000Z',
      '2026-04-01T00:00:00.000Z',
    ],
  ])('counting begins in mid-month: %s', (_, change, instant, startsAt, endsAt) => {
    const anchorMs = Date.parse('2026-03-10T12:00:00Z');
    const window = windowAt({ ...calendar('month', 'UTC', 1, { anchorMs }), ...change }, Date.parse(instant));
    expect([window.startMs, window.endMs].map((ms) => new Date(ms).toISOString())).toEqual([startsAt, endsAt]);
  });

  it('cannot be aligned before counting began', () => {
    expect(() => windowAt(calendar('day', 'UTC', 1, { anchorMs: 10, alignedFromMs: 9 }), 20)).toThrow(RangeError);
  });
});

describe('sliding windows', () => {
  it.each([
    [1, 10, 1],
    [10, 10, 1],
    [11, 10, 2],
    [100, 10, 10],
    [101, 11, 10],
    [1_000, 100, 10],
    [60_000, 6_000, 10],
  ])('of %p ms are counted in buckets of %p ms, of which %p earlier ones count', (durationMs, bucketMs, earlier) => {
    const spec = { kind: 'sliding', durationMs, anchorMs: 3 } as const;
    expect(slidingBucketMs(spec)).toBe(bucketMs);
    const bucket = windowAt(spec, 1_000_000);
    const history = slidingHistory(spec, bucket);
    expect(bucket.endMs - bucket.startMs).toBe(bucketMs);
    expect(history).toHaveLength(earlier);
    // Newest first, without a gap, and reaching back over the whole duration.
    let { startMs } = bucket;
    for (const one of history) {
      expect(one.endMs).toBe(startMs);
      expect(windowAt(spec, one.startMs)).toEqual(one);
      ({ startMs } = one);
    }
    expect(bucket.startMs - startMs).toBeGreaterThanOrEqual(durationMs);
  });
});

describe('the unending window', () => {
  it('is the same at every moment, and always counted', () => {
    const spec = { kind: 'unending' } as const;
    expect(windowAt(spec, 0)).toEqual(windowAt(spec, Date.UTC(2300, 0, 1)));
    expect(countingSinceMs(spec)).toBeUndefined();
  });
});

describe('isTimeZone', () => {
  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['Europe/Atlantis', false],
    ['', false],
  ])('%j: %p', (timeZone, expected) => {
    expect(isTimeZone(timeZone)).toBe(expected);
  });
});
