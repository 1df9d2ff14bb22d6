import { describe, expect, it } from '@jest/globals';

import { dollarsOf, wholeOf } from './json-numbers.js';

describe('numbers of answers', () => {
  it.each([
    [0n, 9, 0],
    [1n, 9, 0.000000001],
    [4_999_999n, 2, 0],
    [5_000_000n, 2, 0.01],
    [1_234_567_890n, 9, 1.23456789],
    [1_234_567_890n, 4, 1.2346],
    [12_000_000_000n, 2, 12],
  ])('%d nano-dollars to %d places are %d', (nanoUsd, places, expected) => {
    expect(dollarsOf(nanoUsd, places)).toBe(expected);
  });

  it('refuses what a reader would round', () => {
    expect(wholeOf(9_007_199_254_740_991n)).toBe(9_007_199_254_740_991);
    expect(() => wholeOf(9_007_199_254_740_992n)).toThrow(RangeError);
  });
});
