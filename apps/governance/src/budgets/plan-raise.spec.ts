import { describe, expect, it } from '@jest/globals';

import { planRaise, planRaiseEnd } from './plan-raise.js';

const now = new Date('2026-05-01T12:00:00.000Z');
const at = (hour: number): Date => new Date(Date.UTC(2026, 4, 1, hour));

describe('planRaise', () => {
  it.each([
    [undefined, 12],
    [null, 12],
    ['2026-05-01T11:00:00Z', 12],
    ['2026-05-01T15:00:00+02:00', 13],
  ])('starting at %s begins at %i o’clock', (starts_at, hour) => {
    const request = { ends_at: '2026-05-01T14:00:00Z', ...(starts_at === undefined ? {} : { starts_at }) };
    expect(planRaise(request, now)).toEqual({ startsAt: at(hour), endsAt: at(14) });
  });

  it.each([
    ['2026-05-01T12:00:00Z', null, 'in the future'],
    ['2026-05-01T13:00:00Z', '2026-05-01T13:00:00Z', 'later than starts_at'],
  ])('refuses to end at %s when it starts at %s', (ends_at, starts_at, sentence) => {
    expect(() => planRaise({ ends_at, starts_at }, now)).toThrow(sentence);
  });
});

describe('planRaiseEnd', () => {
  it.each([
    [11, 13, 'end'],
    [12, 13, 'end'],
    [13, 14, 'remove'],
    [10, 11, 'none'],
    [10, 12, 'none'],
  ] as const)('of a raise from %i to %i o’clock, at twelve: %s', (start, end, expected) => {
    expect(planRaiseEnd({ startsAt: at(start), endsAt: at(end) }, now)).toBe(expected);
  });
});
