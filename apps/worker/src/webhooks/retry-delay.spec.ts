import { describe, expect, it } from '@jest/globals';

import { retryDelayMs } from './retry-delay.js';

const HOUR_MS = 3_600_000;

describe('retryDelayMs', () => {
  it.each([
    [1, 5_000],
    [2, 20_000],
    [3, 80_000],
    [6, 5_120_000],
    [8, 8 * HOUR_MS],
    [100, 8 * HOUR_MS],
  ])('after attempt %i waits %i ms', (attempt, expected) => {
    expect(retryDelayMs(attempt, 5_000, 0.5)).toBe(expected);
  });

  it('spreads ten attempts over about a day', () => {
    const total = Array.from({ length: 9 }, (_, index) => retryDelayMs(index + 1, 5_000, 0.5)).reduce((a, b) => a + b);
    expect(total / HOUR_MS).toBeGreaterThan(20);
    expect(total / HOUR_MS).toBeLessThan(26);
  });

  it.each([
    [0, 4_000],
    [0.25, 4_500],
    [0.999_999, 6_000],
  ])('stays within a fifth of the wait when chance says %d', (random, expected) => {
    expect(retryDelayMs(1, 5_000, random)).toBe(expected);
  });
});
