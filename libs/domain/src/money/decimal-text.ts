const DECIMAL_TEXT = /^([+-]?)(\d{1,60})(?:\.(\d{0,60}))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Larger magnitudes than 10^36 of the unit are a mistake, and would make a huge bigint out of a short text. */
const DIGITS_MAX = 36;

/**
 * Scales a decimal text by 10^decimals without going through binary floats.
 * JSON numbers are taken by their shortest decimal text: `0.1` is one tenth, not its binary neighbour.
 *
 * @param finerDigits what to do with digits finer than the unit; rounding up is away from zero.
 * @throws RangeError when the text is no decimal number or, unless rounded, has digits finer than the unit.
 */
export function scaleDecimal(
  value: string | number | bigint,
  decimals: number,
  what: string,
  finerDigits: 'reject' | 'round-up' = 'reject',
): bigint {
  const text = typeof value === 'string' ? value.trim() : String(value);
  const match = DECIMAL_TEXT.exec(text);
  if (match === null) throw new RangeError(`${what} must be a decimal number, got "${text.slice(0, 80)}"`);
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const shift = Number(exponentText) - fraction.length + decimals;
  if (digits === '') return 0n;
  if (digits.length + shift > DIGITS_MAX) throw new RangeError(`${what} is out of range: ${text.slice(0, 80)}`);
  if (shift >= 0) return withSign(BigInt(digits) * 10n ** BigInt(shift), sign);

  const kept = digits.slice(0, Math.max(0, digits.length + shift));
  const isExact = !/[1-9]/.test(digits.slice(kept.length));
  if (!isExact && finerDigits === 'reject') {
    throw new RangeError(`${what} is finer than its smallest unit: ${text.slice(0, 80)}`);
  }
  return withSign(BigInt(kept || '0') + (isExact ? 0n : 1n), sign);
}

function withSign(magnitude: bigint, sign: string): bigint {
  return sign === '-' ? -magnitude : magnitude;
}

/** Writes `value` / 10^decimals with exactly that many decimals. */
export function formatScaled(value: bigint, decimals: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Divides rounding half to even: the one rounding of the house, free of drift over many calls. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const remainder = dividend - quotient * divisor;
  if (remainder === 0n) return quotient;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  const size = divisor < 0n ? -divisor : divisor;
  if (twice < size || (twice === size && quotient % 2n === 0n)) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}
