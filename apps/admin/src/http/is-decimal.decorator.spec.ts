import 'reflect-metadata';

import { describe, expect, it } from '@jest/globals';
import { validateSync } from 'class-validator';
import fc from 'fast-check';

import { decimalText, IsDecimal } from './is-decimal.decorator.js';

class Body {
  @IsDecimal({ max: 100, decimals: 9 })
  value: unknown;
}

function isValid(value: unknown): boolean {
  return validateSync(Object.assign(new Body(), { value })).length === 0;
}

describe('IsDecimal', () => {
  it.each([0, 0.1, '0.1', 100, '100.000', 1e-9, '0.000000001', 1.5e-7, '007'])('takes %p', (value) => {
    expect(isValid(value)).toBe(true);
  });

  it.each([
    -0.1,
    '-1',
    100.1,
    '100.000000001',
    101,
    1e21,
    Number.NaN,
    Infinity,
    1e-10,
    '0.0000000001',
    '',
    ' 1',
    '1e2',
    '0x1',
    '1,5',
    '.5',
    '5.',
    null,
    true,
    [1],
    {},
    '1\0',
  ])('refuses %p', (value) => {
    expect(isValid(value)).toBe(false);
  });

  it('reads every JSON number with nine decimals exactly', () => {
    fc.assert(
      fc.property(fc.nat(2_000_000_000), (nano) => {
        const value = JSON.parse((nano / 1e9).toFixed(9)) as number;
        expect(isValid(value)).toBe(true);
        const [whole = '', fraction = ''] = decimalText(value).split('.');
        expect(Number(`${whole}${fraction.padEnd(9, '0')}`)).toBe(nano);
      }),
    );
  });
});
