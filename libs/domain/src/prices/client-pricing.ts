import type { PriceState } from './price-override.js';

/** A {@link ClientPricing.factorE8} that changes nothing. */
export const AT_COST_E8 = 100_000_000;

/** What a client pays for calls of a model: a price, and a factor on what it comes to. */
export interface ClientPricing {
  readonly price: PriceState;
  /**
   * The factor times 10^8, which is exact: a markup of 12.34 % and a discount of 10.5 %, both in hundredths of a percent,
   * are 11,234 x 8,950.
   */
  readonly factorE8: number;
  /** Names the versions that say so, in the ledger: see {@link resolveClientPricing}. */
  readonly id: string;
}
