import { describe, expect, it } from '@jest/globals';

import { parseInstant, planExpiry } from './key-expiry.js';

const NOW_MS = Date.UTC(2026, 0, 1);

describe('parseInstant', () => {
  it.each([
    ['2026-01-31T00:00:00Z', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31t01:30:00.123456789+02:00', '2026-01-30T23:30:00.123Z'],
    ['2028-02-29T00:00:00z', '2028-02-29T00:00:00.000Z'],
  ])('reads %s', (text, instant) => {
    expect(parseInstant(text)?.toISOString()).toBe(instant);
  });

  it.each(['', 'soon', '2026-01-31', '2026-01-31 00:00:00Z', '2026-01-31T00:00:00', '2026-02-29T00:00:00Z'])(
    'refuses %j',
    (text) => expect(parseInstant(text)).toBeUndefined(),
  );

  it.each(['2026-13-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-31T24:00:00Z', '2026-01-31T00:60:00Z'])(
    'refuses the impossible %j',
    (text) => expect(parseInstant(text)).toBeUndefined(),
  );
});

describe('planExpiry', () => {
  const past = new Date(NOW_MS - 1);
  const future = new Date(NOW_MS + 1);

  it.each([
    ['absent', future, undefined, future],
    ['null', future, null, future],
    ['an empty text', future, '', null],
    ['a later instant', past, future.toISOString(), future],
    ['the end that has passed, repeated', past, past.toISOString(), past],
  ])('%s', (_what, current, requested, planned) => {
    expect(planExpiry(current, requested, NOW_MS)).toEqual(planned);
  });

  it.each([new Date(NOW_MS), past])('refuses %p: it is not in the future', (instant) => {
    expect(() => planExpiry(future, instant.toISOString(), NOW_MS)).toThrow('must be in the future');
  });
});
