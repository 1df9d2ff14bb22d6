import { describe, expect, it } from '@jest/globals';

import { planExpiry } from './key-expiry.js';

const NOW_MS = Date.UTC(2026, 0, 1);

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
