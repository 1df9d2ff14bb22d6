import { describe, expect, it } from '@jest/globals';

import { rateOf } from './is-rate.decorator.js';

describe('rateOf', () => {
  it.each([
    [10, '10'],
    [10.0, '10'],
    [0.01, '0.01'],
    [9_999_999_999.99, '9999999999.99'],
    ['12.5', '12.5'],
  ])('takes %p', (value, rate) => {
    expect(rateOf(value)).toBe(rate);
  });

  it.each([0, -1, 0.001, 1e-7, 1e21, 10_000_000_000, Number.NaN, '', 'ten', '1e3', ' 1', null, true, {}, []])(
    'refuses %p',
    (value) => {
      expect(rateOf(value)).toBeUndefined();
    },
  );
});
