import { counterIdOf, limitKey } from '../limits/limits.js';

/** Counter of an account's credits, by the number of the account: what is used and held of them. */
export function creditCounterId(seq: bigint | number | string): string {
  return counterIdOf(limitKey('credits', BigInt(seq)), 0, 0);
}

/** Counter of a hold on credits, by the number of the hold: millionths of a credit. */
export function creditHoldCounterId(seq: bigint | number | string): string {
  return counterIdOf(limitKey('micro_credits', BigInt(seq)), 0, 0);
}
