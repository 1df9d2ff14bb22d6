import { describe, expect, it } from '@jest/globals';

import { DurationError } from './duration.js';
import { calendarUnitOf, DEFAULT_CALENDAR, type WindowTerms, windowSpecOf } from './window-terms.js';

describe('calendarUnitOf', () => {
  it.each([
    ['1d', { unit: 'day', count: 1 }],
    ['10d', { unit: 'day', count: 10 }],
    ['1w', { unit: 'week', count: 1 }],
    ['2w', { unit: 'week', count: 2 }],
    ['1M', { unit: 'month', count: 1 }],
    ['2M', { unit: 'month', count: 2 }],
    ['3M', { unit: 'quarter', count: 1 }],
    ['6M', { unit: 'quarter', count: 2 }],
    ['12M', { unit: 'quarter', count: 4 }],
    ['13M', { unit: 'month', count: 13 }],
    ['1Y', { unit: 'year', count: 1 }],
    ['999Y', { unit: 'year', count: 999 }],
  ])('%s', (text, expected) => {
    expect(calendarUnitOf(text)).toEqual(expected);
  });

  it.each(['36h', '1h', '1.5d', '0d', '1m', '1d12h', '1000d', '-1d', ' 1d', '1D', 'd', ''])('refuses %j', (text) => {
    expect(() => calendarUnitOf(text)).toThrow(DurationError);
  });
});

describe('windowSpecOf', () => {
  const terms: WindowTerms = { durationText: '1M', anchorMs: 5, alignedFromMs: null, isSliding: false };
  const calendar = { timeZone: 'Europe/Berlin', fiscalYearStartMonth: 4 };
  const monthMs = 30 * 86_400_000;

  it.each<[string, Partial<WindowTerms>, object]>([
    ['rolls from the anchor', {}, { kind: 'rolling', durationMs: monthMs, anchorMs: 5 }],
    ['slides', { isSliding: true }, { kind: 'sliding', durationMs: monthMs, anchorMs: 5 }],
    [
      'follows the calendar of the tenant',
      { alignedFromMs: 9 },
      { kind: 'calendar', unit: 'month', count: 1, ...calendar, anchorMs: 5, alignedFromMs: 9 },
    ],
    [
      'takes three months for a quarter',
      { durationText: '3M', alignedFromMs: 9 },
      { kind: 'calendar', unit: 'quarter', count: 1, ...calendar, anchorMs: 5, alignedFromMs: 9 },
    ],
  ])('%s', (_, change, expected) => {
    expect(windowSpecOf({ ...terms, ...change }, calendar)).toEqual(expected);
  });

  it('refuses to align what the calendar does not know', () => {
    expect(() => windowSpecOf({ ...terms, durationText: '36h', alignedFromMs: 9 }, DEFAULT_CALENDAR)).toThrow(
      DurationError,
    );
  });
});
