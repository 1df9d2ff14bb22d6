import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { forecastExhaustion, reachedThresholds } from './budget-alerts.js';

const money = fc.bigInt({ min: 0n, max: 10n ** 30n });

describe('reachedThresholds', () => {
  it.each([
    ['nothing used', 0n, 100n, [50], []],
    ['just below', 49n, 100n, [50], []],
    ['exactly at the share', 50n, 100n, [50], [50]],
    ['a share that is no whole number is not rounded down', 16n, 33n, [50], []],
    ['several at once, ascending, each once', 96n, 100n, [95, 50, 80, 50, 99], [50, 80, 95]],
    ['beyond the cap', 150n, 100n, [100, 150, 151], [100, 150]],
    ['no thresholds', 99n, 100n, [], []],
    ['an unused budget without money', 0n, 0n, [50], []],
    ['a used budget without money', 1n, 0n, [50], [50]],
    ['amounts beyond 2^63', 10n ** 30n - 1n, 10n ** 30n, [99, 100], [99]],
  ] as const)('%s', (_name, used, cap, thresholds, reached) => {
    expect(reachedThresholds(used, cap, thresholds)).toEqual(reached);
  });

  it('never takes back a threshold when more is used', () => {
    fc.assert(
      fc.property(money, money, money, fc.array(fc.integer({ min: 1, max: 200 })), (used, more, cap, thresholds) => {
        const later = reachedThresholds(used + more, cap, thresholds);
        expect(later).toEqual(expect.arrayContaining(reachedThresholds(used, cap, thresholds)));
      }),
    );
  });
});

describe('forecastExhaustion', () => {
  const window = { startMs: 1_000, endMs: 11_000 };

  it.each([
    ['half used after a quarter of the window', 50n, 100n, 3_500, 6_000],
    ['rounded up to the millisecond', 30n, 100n, 2_000, 4_334],
    ['one millisecond before the end', 2_500n, 9_999n, 3_500, 10_999],
    ['exactly at the end of the window', 25n, 100n, 3_500, undefined],
    ['after the end of the window', 20n, 100n, 3_500, undefined],
    ['too early: less than 5 % of the window', 90n, 100n, 1_499, undefined],
    ['5 % of the window', 90n, 100n, 1_500, 1_556],
    ['too little: less than 10 % of the cap', 99n, 1_000n, 1_600, undefined],
    ['10 % of the cap', 100n, 1_000n, 1_600, 7_000],
    ['empty already', 100n, 100n, 3_500, undefined],
    ['overspent', 120n, 100n, 3_500, undefined],
    ['nothing used', 0n, 100n, 3_500, undefined],
    ['no money', 0n, 0n, 3_500, undefined],
    ['before the window', 50n, 100n, 999, undefined],
    ['after the window', 50n, 100n, 11_000, undefined],
  ] as const)('%s', (_name, usedNanoUsd, capNanoUsd, nowMs, expected) => {
    expect(forecastExhaustion({ window, usedNanoUsd, capNanoUsd, nowMs })).toBe(expected);
  });

  it('names the first millisecond at which the average pace has used the cap', () => {
    const facts = fc.record({
      startMs: fc.integer({ min: -1e12, max: 2e12 }),
      durationMs: fc.integer({ min: 1, max: 4e10 }),
      elapsedPart: fc.double({ min: 0, max: 1, noNaN: true }),
      usedNanoUsd: money,
      capNanoUsd: money,
    });
    fc.assert(
      fc.property(facts, ({ startMs, durationMs, elapsedPart, usedNanoUsd, capNanoUsd }) => {
        const nowMs = startMs + Math.floor(durationMs * elapsedPart);
        const endMs = startMs + durationMs;
        const emptyMs = forecastExhaustion({ window: { startMs, endMs }, usedNanoUsd, capNanoUsd, nowMs });
        if (emptyMs === undefined) return;
        const needed = capNanoUsd * BigInt(nowMs - startMs);
        expect(usedNanoUsd * BigInt(emptyMs - startMs) >= needed).toBe(true);
        expect(usedNanoUsd * BigInt(emptyMs - 1 - startMs) < needed).toBe(true);
        expect(emptyMs).toBeGreaterThan(nowMs);
        expect(emptyMs).toBeLessThan(endMs);
      }),
      { numRuns: 2_000 },
    );
  });
});
