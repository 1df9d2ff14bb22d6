import { formatScaled, scaleDecimal } from './decimal-text.js';

/** Money: integer billionths of a US dollar. */
export type NanoUsd = bigint & { readonly __unit: 'nano_usd' };

/** Decimals of a dollar amount that nano-dollars can carry. */
const USD_DECIMALS = 9;
/** Decimals of a cent amount that nano-dollars can carry: one cent is 10^7 nano-dollars. */
const CENT_DECIMALS = 7;

/** Marks an integer as nano-dollars. */
export function nanoUsd(value: bigint): NanoUsd {
  return value as NanoUsd;
}

/**
 * Reads cents, as the governance contract writes money: a JSON number or a decimal text.
 * A JSON number counts as its shortest decimal text, so 9223372036854775807, which JSON parsers read as 2^63,
 * is stored as 9223372036854776000 and echoes back as the same number.
 *
 * @throws RangeError on anything that is no number, finer than a nano-dollar, or beyond 10^36 nano-dollars.
 */
export function nanoUsdFromCents(cents: string | number | bigint): NanoUsd {
  return nanoUsd(scaleDecimal(cents, CENT_DECIMALS, 'An amount in cents'));
}

/** Cents as a JSON number, for the wire only: correctly rounded to the nearest double. */
export function nanoUsdToCents(value: NanoUsd): number {
  return Number(formatScaled(value, CENT_DECIMALS));
}

/** Writes dollars with all nine decimals: `0.000450000`. */
export function formatUsd(value: NanoUsd): string {
  return formatScaled(value, USD_DECIMALS);
}

/** Reads dollars written by {@link formatUsd} or by hand. @throws RangeError like {@link nanoUsdFromCents}. */
export function parseUsd(text: string): NanoUsd {
  return nanoUsd(scaleDecimal(text, USD_DECIMALS, 'An amount in US dollars'));
}
