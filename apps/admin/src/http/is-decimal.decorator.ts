import { registerDecorator } from 'class-validator';

/** A decimal text without sign and exponent. */
const DECIMAL = /^(\d{1,15})(?:\.(\d{1,15}))?$/;

/** What a decimal field may hold. */
export interface DecimalRange {
  /** Inclusive; whole numbers from 0 on. */
  readonly max: number;
  readonly decimals: number;
}

/**
 * A decimal number from 0 on, as a JSON number or as a text. A JSON number counts as its shortest decimal text: 0.1 is
 * one tenth. {@link decimalText} reads it.
 */
export function IsDecimal(range: DecimalRange): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name: 'isNumber',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value: unknown) => isDecimal(value, range),
        defaultMessage: (args) =>
          `${args?.property} must be a decimal number from 0 to ${range.max} with at most ${range.decimals} decimals`,
      },
    });
  };
}

/** The text of a number that {@link IsDecimal} let through. */
export function decimalText(value: string | number): string {
  // Exponents begin at 10^-7: finer than any price, but for request_usd.
  return typeof value === 'number' && value !== 0 && value < 1e-6 ? value.toFixed(15).replace(/0+$/, '') : `${value}`;
}

function isDecimal(value: unknown, { max, decimals }: DecimalRange): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  const [, whole = '', fraction = ''] = DECIMAL.exec(decimalText(value)) ?? [];
  if (whole === '' || fraction.replace(/0+$/, '').length > decimals) return false;
  return Number(whole) < max || (Number(whole) === max && !/[1-9]/.test(fraction));
}
