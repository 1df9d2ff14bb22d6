import type { ClientPricing } from './client-pricing.js';
import { changesOfBook, type PriceBookEntry } from './price-book.js';
import type { PriceState } from './price-override.js';
import {
  aliasPriceId,
  type ClientPricedCall,
  type ClientTerms,
  clientTermsAt,
  pricingBy,
} from './resolve-client-pricing.js';

/** Callers choose model names: without a bound they could fill the memory with them. */
const MODELS_MAX = 256;

/** Terms between two changes of the book, and the last pricing made of them. */
interface KnownTerms {
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly terms: ClientTerms | undefined;
  pricing: ClientPricing | undefined;
  /** The provider's price that {@link pricing} was made with. */
  providerPrice: PriceState | undefined;
}

/** A price book that is asked call after call. An entry takes effect at its moment, whatever is remembered. */
export class ClientPrices {
  private readonly known = new Map<string, KnownTerms>();

  constructor(private readonly entries: readonly PriceBookEntry[]) {}

  /** {@link clientTermsAt} with the provider's price, which is only read where it counts. */
  pricingOf(call: ClientPricedCall, nowMs: number, providerPrice: () => PriceState): ClientPricing | undefined {
    if (this.entries.length === 0 && call.aliasPrice === undefined) return undefined;
    const known = this.termsOf(call, nowMs);
    if (known.terms === undefined) return undefined;
    const price = known.terms.price ?? providerPrice();
    if (known.pricing === undefined || known.providerPrice !== price) {
      known.providerPrice = price;
      known.pricing = pricingBy(known.terms, price);
    }
    return known.pricing;
  }

  private termsOf(call: ClientPricedCall, nowMs: number): KnownTerms {
    const { provider, model, aliasPrice } = call;
    // The length keeps a slash or a blank within one name from making another pair of names.
    const name = `${provider} ${model.length} ${model} ${aliasPrice === undefined ? '' : aliasPriceId(aliasPrice)}`;
    const known = this.known.get(name);
    if (known !== undefined && nowMs >= known.validFromMs && nowMs < known.validUntilMs) return known;
    const changes = changesOfBook(this.entries, call);
    const found: KnownTerms = {
      validFromMs: changes.findLast((changeMs) => changeMs <= nowMs) ?? Number.NEGATIVE_INFINITY,
      validUntilMs: changes.find((changeMs) => changeMs > nowMs) ?? Number.POSITIVE_INFINITY,
      terms: clientTermsAt(this.entries, call, nowMs),
      pricing: undefined,
      providerPrice: undefined,
    };
    if (this.known.size >= MODELS_MAX) this.known.clear();
    this.known.set(name, found);
    return found;
  }
}
