import { describe, expect, it } from '@jest/globals';

import { parseOverlap } from './parse-overlap.js';

describe('parseOverlap', () => {
  it.each([
    ['0s', 0],
    ['0', 0],
    ['0.0h', 0],
    ['90s', 90_000],
    ['1d', 86_400_000],
  ])('reads %s', (text, overlapMs) => {
    expect(parseOverlap(text)).toBe(overlapMs);
  });

  it.each(['', '-1s', 'soon', '0x', '1d12h'])('refuses %j', (text) => {
    expect(() => parseOverlap(text)).toThrow('is not a valid duration');
  });
});
