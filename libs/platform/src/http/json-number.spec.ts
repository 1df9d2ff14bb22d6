import { describe, expect, it } from '@jest/globals';

import { exactJsonNumber } from './json-number.js';

describe('exactJsonNumber', () => {
  it.each([
    ['0.0000000', '0'],
    ['1.0000000', '1'],
    ['100', '100'],
    ['12.5000000', '12.5'],
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775807.0000000', '9223372036854775807'],
    ['12345678901234567.1234567', '12345678901234567.1234567'],
  ])('writes %s as %s', (decimal, json) => {
    expect(JSON.stringify({ limit: exactJsonNumber(decimal) })).toBe(`{"limit":${json}}`);
  });
});
