import type { ClientPricing } from './client-pricing.js';
import type { NamePrice } from '../routing/model-routes.js';
import { entriesInForce, type PriceBookEntry, type PricedModel } from './price-book.js';
import { compilePriceTexts, type PriceState, type PriceTexts } from './price-override.js';

/** A price that belongs to the name by which a model is called. */
export interface AliasPrice extends NamePrice {
  readonly alias: string;
}

/** What is priced: a model of a provider, and how it was asked for. */
export interface ClientPricedCall extends PricedModel {
  /** Of the alias that the caller named, where it has a price of its own. */
  readonly aliasPrice?: AliasPrice | undefined;
}

/** {@link ClientPricing} but for the provider's price, which changes by its own rules. */
export interface ClientTerms {
  /** In place of the provider's price; absent: that one. */
  readonly price?: PriceState;
  /** See {@link ClientPricing.factorE8}. */
  readonly factorE8: number;
  readonly id: string;
}

/** Hundredths of a percent in a whole. */
const WHOLE_BASIS_POINTS = 10_000;

/**
 * What a client pays for calls of a model at a moment, by the rules of {@link entriesInForce}; undefined: what the
 * provider bills.
 *
 * The id names every version that took part: `book:<uuid>` of the price, the markup or the discount, or
 * `book:<uuid>+book:<uuid>` of the base and the discount. A price of an alias is named by itself, since an alias has no
 * versions: `alias:<input>/<output>:<name>`.
 */
export function clientTermsAt(
  entries: readonly PriceBookEntry[],
  call: ClientPricedCall,
  atMs: number,
): ClientTerms | undefined {
  const { override, markup, discount } = entriesInForce(entries, call, atMs, call.aliasPrice !== undefined);
  const ids: string[] = [];
  let price: PriceState | undefined;
  if (override !== undefined) {
    price = priceOf(override);
    ids.push(bookId(override));
  } else if (call.aliasPrice !== undefined) {
    price = priceOfAlias(call.aliasPrice);
    ids.push(aliasPriceId(call.aliasPrice));
  } else if (markup !== undefined) ids.push(bookId(markup));
  if (discount !== undefined) ids.push(bookId(discount));
  if (ids.length === 0) return undefined;
  return {
    ...(price === undefined ? {} : { price }),
    factorE8: (WHOLE_BASIS_POINTS + basisPointsOf(markup)) * (WHOLE_BASIS_POINTS - basisPointsOf(discount)),
    id: ids.join('+'),
  };
}

/** {@link clientTermsAt} with the provider's price of the same moment. */
export function resolveClientPricing(
  entries: readonly PriceBookEntry[],
  call: ClientPricedCall,
  atMs: number,
  providerPrice: PriceState,
): ClientPricing | undefined {
  const terms = clientTermsAt(entries, call, atMs);
  return terms === undefined ? undefined : pricingBy(terms, providerPrice);
}

/** The terms applied to the provider's price. */
export function pricingBy({ price, factorE8, id }: ClientTerms, providerPrice: PriceState): ClientPricing {
  return { price: price ?? providerPrice, factorE8, id };
}

/** How the ledger names the price of an alias. */
export function aliasPriceId({ alias, inputUsdPerMtok, outputUsdPerMtok }: AliasPrice): string {
  return `alias:${inputUsdPerMtok}/${outputUsdPerMtok}:${alias}`;
}

/** The price in an id that {@link clientTermsAt} made for a call by an alias; undefined where it is not one. */
export function aliasPriceOfId(id: string): AliasPrice | undefined {
  const match = ALIAS_ID.exec(id);
  if (match === null) return undefined;
  const [, inputUsdPerMtok = '', outputUsdPerMtok = '', rest = ''] = match;
  // The name is the operator's and may hold anything; a discount always is the last 42 characters.
  return { alias: rest.replace(DISCOUNT_SUFFIX, ''), inputUsdPerMtok, outputUsdPerMtok };
}

const ALIAS_ID = /^alias:([\d.]+)\/([\d.]+):(.*)$/su;
const DISCOUNT_SUFFIX = /\+book:[0-9a-f-]{36}$/;

function bookId(entry: PriceBookEntry): string {
  return `book:${entry.id}`;
}

function basisPointsOf(entry: PriceBookEntry | undefined): number {
  return entry === undefined || entry.terms.kind === 'override' ? 0 : entry.terms.basisPoints;
}

/** Entries are immutable, and a snapshot's are asked call after call. */
const compiled = new WeakMap<PriceBookEntry, PriceState>();

function priceOf(override: PriceBookEntry): PriceState {
  const known = compiled.get(override);
  if (known !== undefined) return known;
  const state = compilePriceTexts(bookId(override), textsOf(override));
  compiled.set(override, state);
  return state;
}

function textsOf({ terms }: PriceBookEntry): PriceTexts {
  return terms.kind === 'override' ? terms.price : { isFree: false };
}

function priceOfAlias(alias: AliasPrice): PriceState {
  return compilePriceTexts(aliasPriceId(alias), { ...alias, isFree: false });
}
