import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { divideHalfEven } from './decimal-text.js';
import { formatUsd, nanoUsd, nanoUsdFromCents, nanoUsdToCents, parseUsd } from './money.js';

describe('nanoUsdFromCents', () => {
  it.each([
    [0, 0n],
    [1, 10_000_000n],
    [0.1, 1_000_000n],
    ['0.1', 1_000_000n],
    [1e-7, 1n],
    ['0.0000001', 1n],
    ['1.10000000000', 11_000_000n],
    [-2.5, -25_000_000n],
    [12n, 120_000_000n],
    ['1e3', 10_000_000_000n],
    [1e21, 10n ** 28n],
    ['9223372036854775807', 92_233_720_368_547_758_070_000_000n],
    // What a JSON parser makes of the largest int64: its shortest decimal text counts.
    [JSON.parse('9223372036854775807') as number, 92_233_720_368_547_760_000_000_000n],
  ])('reads %p exactly', (cents, expected) => {
    expect(nanoUsdFromCents(cents)).toBe(expected);
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    ' ',
    'abc',
    '1,5',
    '0x10',
    '1e',
    '--1',
    '0.00000001',
    1e-8,
    '1e99',
  ])('refuses %p', (cents) => {
    expect(() => nanoUsdFromCents(cents)).toThrow(RangeError);
  });

  it('echoes every JSON number of cents as it came', () => {
    const cents = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((tenths) => tenths / 10),
      fc.constantFrom(0, 1, 2 ** 63, 0.01, 99.99),
    );
    fc.assert(
      fc.property(cents, (value) => {
        expect(nanoUsdToCents(nanoUsdFromCents(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe('formatUsd and parseUsd', () => {
  it.each([
    [450_000n, '0.000450000'],
    [0n, '0.000000000'],
    [-1n, '-0.000000001'],
    [12_345_678_901n, '12.345678901'],
  ])('writes %p as %p', (nano, text) => {
    expect(formatUsd(nanoUsd(nano))).toBe(text);
  });

  it('round-trips every amount', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (nano) => {
        expect(parseUsd(formatUsd(nanoUsd(nano)))).toBe(nano);
      }),
    );
  });
});

describe('divideHalfEven', () => {
  it.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [4n, 3n, 1n],
    [5n, 3n, 2n],
    [-5n, 3n, -2n],
    [6n, 3n, 2n],
    [5n, -2n, -2n],
  ])('%p / %p is %p', (dividend, divisor, expected) => {
    expect(divideHalfEven(dividend, divisor)).toBe(expected);
  });

  it('never decreases when the dividend grows', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -100_000n, max: 100_000n }), (dividend) => {
        expect(divideHalfEven(dividend + 1n, 1_000n)).toBeGreaterThanOrEqual(divideHalfEven(dividend, 1_000n));
      }),
    );
  });
});
