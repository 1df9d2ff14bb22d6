import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ZERO_USAGE } from '../usage/usage-vector.js';
import { type CompiledPrice, compilePrice, costOf, type TokenPrices } from './compiled-price.js';

function pricesOf(base: bigint, more: Partial<TokenPrices> = {}): TokenPrices {
  return {
    input: base,
    cacheRead: base,
    cacheWrite5m: base,
    cacheWrite1h: base,
    output: base,
    reasoning: base,
    inputAudio: base,
    outputAudio: base,
    inputImage: base,
    ...more,
  };
}

function flat(base: bigint, more: Partial<TokenPrices> = {}): CompiledPrice {
  return compilePrice({ id: 'test', tiers: [{ fromInputTokens: 0, picoUsdPerToken: pricesOf(base, more) }] });
}

const TIERED = compilePrice({
  id: 'tiered',
  tiers: [
    { fromInputTokens: 200, picoUsdPerToken: pricesOf(4_000n) },
    { fromInputTokens: 0, picoUsdPerToken: pricesOf(1_000n) },
  ],
});

describe('costOf', () => {
  it('prices each kind of token by its own price', () => {
    const price = compilePrice({
      id: 'all',
      tiers: [
        {
          fromInputTokens: 0,
          picoUsdPerToken: {
            input: 1_000n,
            cacheRead: 10_000n,
            cacheWrite5m: 100_000n,
            cacheWrite1h: 1_000_000n,
            output: 10_000_000n,
            reasoning: 100_000_000n,
            inputAudio: 1_000_000_000n,
            outputAudio: 10_000_000_000n,
            inputImage: 100_000_000_000n,
          },
        },
      ],
      requestNanoUsd: 1_000_000_000n,
      toolUnitNanoUsd: 10_000_000_000n,
    });
    const usage = {
      inputTokens: 1,
      cacheReadTokens: 2,
      cacheWrite5mTokens: 3,
      cacheWrite1hTokens: 4,
      outputTokens: 5,
      reasoningTokens: 6,
      inputAudioTokens: 7,
      outputAudioTokens: 8,
      inputImageTokens: 9,
      toolUnits: 3,
    };
    expect(costOf(usage, price)).toBe(31_987_654_321n);
  });

  it('picks the tier by all input, and the threshold itself is still the lower tier', () => {
    expect(costOf({ ...ZERO_USAGE, inputTokens: 100, cacheReadTokens: 100 }, TIERED)).toBe(200n);
    expect(costOf({ ...ZERO_USAGE, inputTokens: 100, cacheReadTokens: 101 }, TIERED)).toBe(804n);
    expect(costOf({ ...ZERO_USAGE, outputTokens: 1 }, TIERED)).toBe(1n);
  });

  it.each([
    [1, 2n, '2.5 rounds to the even 2'],
    [3, 8n, '7.5 rounds to the even 8'],
    [2, 5n, '5.0 is exact'],
  ])('rounds half to even once per call: %p tokens cost %p (%s)', (inputTokens, expected) => {
    expect(costOf({ ...ZERO_USAGE, inputTokens }, flat(2_500n))).toBe(expected);
  });

  it('rounds the sum, not its parts', () => {
    // Four parts of 0.4 nano-dollars each would vanish one by one; together they are 1.6.
    const usage = { ...ZERO_USAGE, inputTokens: 1, cacheReadTokens: 1, outputTokens: 1, reasoningTokens: 1 };
    expect(costOf(usage, flat(400n))).toBe(2n);
  });

  it('stays exact where doubles are not', () => {
    const usage = { ...ZERO_USAGE, inputTokens: 9_007_199_254_740_991 };
    expect(costOf(usage, flat(3_000n))).toBe(27_021_597_764_222_973n);
  });

  it('sums a million tiny charges exactly', () => {
    // $0.15 per million tokens, one token each: 0.00000015 USD, which no binary float holds.
    const price = flat(150_000n);
    const usage = { ...ZERO_USAGE, inputTokens: 1 };
    let total = 0n;
    for (let call = 0; call < 1_000_000; call += 1) total += costOf(usage, price);
    expect(total).toBe(150_000_000n);
  });

  it('is off by at most half a nano-dollar per call, however many calls', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 200 }),
        (pico, calls) => {
          const price = flat(pico);
          const charged = calls.reduce((sum, inputTokens) => sum + costOf({ ...ZERO_USAGE, inputTokens }, price), 0n);
          const exactPico = calls.reduce((sum, inputTokens) => sum + BigInt(inputTokens) * pico, 0n);
          const errorPico = charged * 1_000n - exactPico;
          expect(errorPico < 0n ? -errorPico : errorPico).toBeLessThanOrEqual(500n * BigInt(calls.length));
        },
      ),
    );
  });
});

describe('compilePrice', () => {
  it('sorts tiers and knows whether they only rise', () => {
    expect(TIERED.tiers.map((tier) => tier.fromInputTokens)).toEqual([0, 200]);
    expect(TIERED.isAscending).toBe(true);
    const falling = compilePrice({
      id: 'falling',
      tiers: [
        { fromInputTokens: 0, picoUsdPerToken: pricesOf(10n) },
        { fromInputTokens: 5, picoUsdPerToken: pricesOf(10n, { output: 9n }) },
      ],
    });
    expect(falling.isAscending).toBe(false);
  });

  it('finds the dearest kind a call may turn out to be', () => {
    const { dearest } = flat(10n, { cacheWrite5m: 12n, cacheWrite1h: 20n, inputAudio: 50n, reasoning: 11n }).tiers[0]!;
    expect(dearest).toEqual({
      text: 'cacheWrite5mTokens',
      cachedText: 'cacheWrite1hTokens',
      audio: 'inputAudioTokens',
      image: 'cacheWrite1hTokens',
      anyInput: 'inputAudioTokens',
      output: 'reasoningTokens',
      audioOutput: 'reasoningTokens',
    });
  });

  it('refuses a price that says nothing about small calls', () => {
    expect(() => compilePrice({ id: 'x', tiers: [] })).toThrow(RangeError);
    expect(() => compilePrice({ id: 'x', tiers: [{ fromInputTokens: 1, picoUsdPerToken: pricesOf(1n) }] })).toThrow(
      RangeError,
    );
  });
});
