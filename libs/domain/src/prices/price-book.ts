import { formatScaled, scaleDecimal } from '../money/decimal-text.js';
import type { PriceTexts } from './price-override.js';

/** What an entry of a price book says: a price in place of the provider's, or a part more or less of what is asked. */
export type PriceBookTerms =
  | { readonly kind: 'override'; readonly price: PriceTexts }
  /** Hundredths of a percent. */
  | { readonly kind: 'markup' | 'discount'; readonly basisPoints: number };

/** Every kind of {@link PriceBookTerms}. */
export const PRICE_BOOK_KINDS = ['override', 'markup', 'discount'] as const satisfies PriceBookTerms['kind'][];

/**
 * One version in the price book of an organization. Never changed: a later version of the same slot (kind, provider and
 * model) takes its place. Times are milliseconds since the epoch.
 */
export interface PriceBookEntry {
  readonly id: string;
  /** Counts the versions of its slot; decides between two that take effect at the same moment. */
  readonly version: number;
  /** Null: every provider. */
  readonly provider: string | null;
  /** Name without provider prefix; null: every model. */
  readonly model: string | null;
  readonly effectiveFromMs: number;
  /** Exclusive. Null: until a later version takes effect, which then replaces this one for good. */
  readonly effectiveUntilMs: number | null;
  /** When an operator ended it before its time; null: nobody did. */
  readonly endedAtMs: number | null;
  readonly terms: PriceBookTerms;
}

/** A model that is priced. */
export interface PricedModel {
  readonly provider: string;
  /** Name without provider prefix. */
  readonly model: string;
}

/** The entries that decide what a client pays; at most one of `override` and `markup`. */
export interface EntriesInForce {
  readonly override?: PriceBookEntry;
  readonly markup?: PriceBookEntry;
  readonly discount?: PriceBookEntry;
}

/** How exactly an entry names the model: the provider's model, the model of any provider, the provider, everything. */
const SCOPES = [3, 2, 1, 0] as const;
type Scope = (typeof SCOPES)[number];
/** Scopes that name a model. */
const EXACT_SCOPES: readonly Scope[] = [3, 2];

/** The scope of an entry. */
function scopeOf({ provider, model }: Pick<PriceBookEntry, 'provider' | 'model'>): Scope {
  if (model !== null) return provider === null ? 2 : 3;
  return provider === null ? 0 : 1;
}

/** Whether an entry is about a model. */
export function isAbout(entry: Pick<PriceBookEntry, 'provider' | 'model'>, { provider, model }: PricedModel): boolean {
  return (entry.provider === null || entry.provider === provider) && (entry.model === null || entry.model === model);
}

/**
 * Which entries decide about a model at a moment.
 *
 * The more exactly an entry names the model, the earlier it is asked; at equal exactness a price comes before a markup.
 * The first of the two that is in force is the base, and only one is: a price is what the client pays, so no markup is
 * put on it. The most exact discount in force is then taken off the base, whichever that is; discounts do not add up.
 *
 * @param hasOwnPrice the call has a price by the name that it was made under (an alias): only a price for exactly this
 *   model stands above it.
 */
export function entriesInForce(
  entries: readonly PriceBookEntry[],
  priced: PricedModel,
  atMs: number,
  hasOwnPrice = false,
): EntriesInForce {
  const about = entries.filter((entry) => isAbout(entry, priced));
  const find = (kind: PriceBookTerms['kind'], scope: Scope): PriceBookEntry | undefined =>
    versionInForce(
      about.filter((entry) => entry.terms.kind === kind && scopeOf(entry) === scope),
      atMs,
    );
  const discount = firstOf(SCOPES, (scope) => find('discount', scope));
  const found = discount === undefined ? {} : { discount };
  for (const scope of hasOwnPrice ? EXACT_SCOPES : SCOPES) {
    const override = find('override', scope);
    if (override !== undefined) return { override, ...found };
    const markup = hasOwnPrice ? undefined : find('markup', scope);
    if (markup !== undefined) return { markup, ...found };
  }
  return found;
}

/**
 * The version of a slot that is in force at a moment: the newest to take effect. One with an end lies on top of what was
 * there before, which comes back after it; one without replaces all before it, also once it is ended itself.
 */
function versionInForce(versions: readonly PriceBookEntry[], atMs: number): PriceBookEntry | undefined {
  const begun = versions.filter(({ effectiveFromMs }) => effectiveFromMs <= atMs).filter(wasEverInForce);
  for (const version of begun.toSorted(newestFirst)) {
    const { effectiveUntilMs, endedAtMs } = version;
    const isOver = (effectiveUntilMs !== null && atMs >= effectiveUntilMs) || (endedAtMs !== null && atMs >= endedAtMs);
    if (!isOver) return version;
    if (effectiveUntilMs === null) return undefined;
  }
  return undefined;
}

/** An entry that is ended before it takes effect changes nothing. */
function wasEverInForce({ effectiveFromMs, endedAtMs }: PriceBookEntry): boolean {
  return endedAtMs === null || endedAtMs > effectiveFromMs;
}

function newestFirst(one: PriceBookEntry, other: PriceBookEntry): number {
  return other.effectiveFromMs - one.effectiveFromMs || other.version - one.version;
}

function firstOf<T, U>(items: readonly T[], find: (item: T) => U | undefined): U | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The moments at which entries about a model begin or end, ascending, each once. Between two of them nothing changes. */
export function changesOfBook(entries: readonly PriceBookEntry[], priced: PricedModel): number[] {
  const moments = new Set<number>();
  for (const entry of entries) {
    if (!isAbout(entry, priced)) continue;
    moments.add(entry.effectiveFromMs);
    if (entry.effectiveUntilMs !== null) moments.add(entry.effectiveUntilMs);
    if (entry.endedAtMs !== null) moments.add(entry.endedAtMs);
  }
  return [...moments].toSorted((one, other) => one - other);
}

/** The markup of the organization for whatever nothing else is said about, in hundredths of a percent; 0 without one. */
export function defaultMarkup(entries: readonly PriceBookEntry[], atMs: number): number {
  const slot = entries.filter((entry) => entry.terms.kind === 'markup' && scopeOf(entry) === 0);
  const terms = versionInForce(slot, atMs)?.terms;
  return terms?.kind === 'markup' ? terms.basisPoints : 0;
}

/** Percents have two decimals. */
const PERCENT_DECIMALS = 2;

/** Reads a percent as hundredths of one. @throws RangeError for more than two decimals or anything that is no number. */
export function parsePercent(text: string | number): number {
  return Number(scaleDecimal(text, PERCENT_DECIMALS, 'A percent'));
}

/** Writes hundredths of a percent with two decimals. */
export function formatPercent(basisPoints: number): string {
  return formatScaled(BigInt(basisPoints), PERCENT_DECIMALS);
}
