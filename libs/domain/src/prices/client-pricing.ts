import type { PriceState } from './price-override.js';

/** Basis points of a factor that changes nothing. */
export const AT_COST_BASIS_POINTS = 10_000;

/** What a client pays for calls of a model: a price, and a factor on what it comes to. */
export interface ClientPricing {
  readonly price: PriceState;
  /** Ten-thousandths: 12,000 is a markup of 20 %. */
  readonly factorBasisPoints: number;
  /** Version of the price book that says so. */
  readonly id: string | null;
}
