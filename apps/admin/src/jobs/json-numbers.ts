/** Digits of a nano-dollar behind the point. */
const NANO_DIGITS = 9;

/** A whole number of the books as JSON has it. @throws RangeError beyond what a JSON reader keeps exact. */
export function wholeOf(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large for a JSON number.`);
  return number;
}

/** Nano-dollars as a JSON number of dollars, rounded half up to so many places. */
export function dollarsOf(nanoUsd: bigint, places = NANO_DIGITS): number {
  const step = 10n ** BigInt(NANO_DIGITS - places);
  const rounded = ((nanoUsd + step / 2n) / step) * step;
  const fraction = String(rounded % 1_000_000_000n).padStart(NANO_DIGITS, '0');
  return Number(`${rounded / 1_000_000_000n}.${fraction}`);
}
