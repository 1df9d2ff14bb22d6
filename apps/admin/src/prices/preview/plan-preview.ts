import {
  aliasPriceOfId,
  changesOfBook,
  clientTermsAt,
  type CompiledPrice,
  type PriceBookEntry,
  type PriceOverride,
  priceOfId,
} from '@penstock/domain';

/** Calls that are priced alike but for when they started. */
export interface UsageGroup {
  readonly provider: string;
  readonly model: string;
  /** Version of the provider's price. */
  readonly priceId: string | null;
  /** The client price of a call by an alias with a price of its own; null for every other call. */
  readonly aliasPriceId: string | null;
}

/** A row of the terms that the statement joins calls with. Times are milliseconds, exclusive at the end. */
export interface TermsRow {
  readonly provider: string;
  readonly model: string;
  readonly alias_price_id: string | null;
  readonly from_ms: number;
  readonly until_ms: number;
  /** What the factor is applied to: nothing, what the provider bills, a price of {@link PriceRow}, or nothing at all. */
  readonly base: 'at_cost' | 'cost' | 'price' | 'free';
  /** Of a price. */
  readonly price_ref: string | null;
  readonly factor_e8: number;
  readonly client_price_id: string | null;
}

/** A tier of a price: decimal integers, pico-dollars for one of each. */
export interface PriceRow {
  readonly ref: string;
  /** Input tokens, exclusive. */
  readonly above: number;
  /** Inclusive. */
  readonly up_to: number;
  readonly input: string;
  readonly cache_read: string;
  readonly cache_write_5m: string;
  readonly cache_write_1h: string;
  readonly output: string;
  readonly reasoning: string;
  readonly input_audio: string;
  readonly output_audio: string;
  readonly input_image: string;
  readonly tool_unit: string;
  readonly request: string;
}

/** What the statement needs besides the calls. */
export interface PreviewPlan {
  readonly terms: readonly TermsRow[];
  readonly prices: readonly PriceRow[];
}

/** A span of time in milliseconds, exclusive at the end. */
export interface PeriodMs {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Every version of a draft comes after those of the book. */
const DRAFT_VERSION = 1_000_000_000;
const ALWAYS_MS = -8_640_000_000_000_000;

/** A draft: its terms, and when it would be in force; null: for the whole period. */
export type Draft = Pick<PriceBookEntry, 'provider' | 'model' | 'effectiveUntilMs' | 'terms'> & {
  readonly effectiveFromMs: number | null;
};

/**
 * The price book with drafts in it and without what is left out. A draft without beginning takes the place of every
 * entry of its slot; one with a beginning is an entry like any other.
 */
export function bookWithDrafts(
  book: readonly PriceBookEntry[],
  drafts: readonly Draft[],
  without: ReadonlySet<string>,
): PriceBookEntry[] {
  const isReplaced = (entry: PriceBookEntry): boolean =>
    drafts.some(
      (draft) =>
        draft.effectiveFromMs === null &&
        draft.terms.kind === entry.terms.kind &&
        draft.provider === entry.provider &&
        draft.model === entry.model,
    );
  return [
    ...book.filter((entry) => !without.has(entry.id) && !isReplaced(entry)),
    ...drafts.map((draft, index) => ({
      ...draft,
      id: `draft-${index}`,
      version: DRAFT_VERSION + index,
      effectiveFromMs: draft.effectiveFromMs ?? ALWAYS_MS,
      endedAtMs: null,
    })),
  ];
}

/** What clients would pay for the calls of these groups in the period, in rows that cover all of it without overlap. */
export function planPreview(
  groups: readonly UsageGroup[],
  book: readonly PriceBookEntry[],
  overrides: readonly PriceOverride[],
  period: PeriodMs,
): PreviewPlan {
  const terms = new Map<string, readonly TermsRow[]>();
  const prices = new Map<string, readonly PriceRow[]>();
  const addPrice = (ref: string, price: CompiledPrice | undefined): void => {
    if (price !== undefined && !prices.has(ref)) prices.set(ref, priceRows(ref, price));
  };
  for (const group of groups) {
    const { provider, model, priceId, aliasPriceId } = group;
    if (priceId !== null) addPrice(priceId, priceOfId(priceId, overrides));
    const name = JSON.stringify([provider, model, aliasPriceId]);
    if (!terms.has(name)) terms.set(name, termsOf(group, book, period, addPrice));
  }
  return { terms: [...terms.values()].flat(), prices: [...prices.values()].flat() };
}

function termsOf(
  { provider, model, aliasPriceId }: UsageGroup,
  book: readonly PriceBookEntry[],
  { fromMs, untilMs }: PeriodMs,
  addPrice: (ref: string, price: CompiledPrice) => void,
): TermsRow[] {
  const aliasPrice = aliasPriceId === null ? undefined : aliasPriceOfId(aliasPriceId);
  const call = { provider, model, aliasPrice };
  const inside = changesOfBook(book, call).filter((changeMs) => changeMs > fromMs && changeMs < untilMs);
  const starts = [fromMs, ...inside];
  const rows: TermsRow[] = [];
  for (const [index, startMs] of starts.entries()) {
    const found = clientTermsAt(book, call, startMs);
    const last = rows.at(-1);
    const clientPriceId = found?.id ?? null;
    if (last !== undefined && last.client_price_id === clientPriceId) {
      rows[rows.length - 1] = { ...last, until_ms: starts[index + 1] ?? untilMs };
      continue;
    }
    const isPriced = found?.price?.state === 'priced';
    if (found?.price?.state === 'priced') addPrice(found.price.price.id, found.price.price);
    rows.push({
      provider,
      model,
      alias_price_id: aliasPriceId,
      from_ms: startMs,
      until_ms: starts[index + 1] ?? untilMs,
      base: baseOf(found),
      price_ref: isPriced && found.price?.state === 'priced' ? found.price.price.id : null,
      factor_e8: found?.factorE8 ?? 0,
      client_price_id: clientPriceId,
    });
  }
  return rows;
}

function baseOf(terms: ReturnType<typeof clientTermsAt>): TermsRow['base'] {
  if (terms === undefined) return 'at_cost';
  if (terms.price === undefined) return 'cost';
  return terms.price.state === 'priced' ? 'price' : 'free';
}

function priceRows(ref: string, { tiers, requestNanoUsd, toolUnitNanoUsd }: CompiledPrice): PriceRow[] {
  return tiers.map(({ fromInputTokens, picoUsdPerToken: pico }, index) => ({
    ref,
    // The first tier also prices a call without input.
    above: index === 0 ? -1 : fromInputTokens,
    up_to: tiers[index + 1]?.fromInputTokens ?? Number.MAX_SAFE_INTEGER,
    input: `${pico.input}`,
    cache_read: `${pico.cacheRead}`,
    cache_write_5m: `${pico.cacheWrite5m}`,
    cache_write_1h: `${pico.cacheWrite1h}`,
    output: `${pico.output}`,
    reasoning: `${pico.reasoning}`,
    input_audio: `${pico.inputAudio}`,
    output_audio: `${pico.outputAudio}`,
    input_image: `${pico.inputImage}`,
    tool_unit: `${toolUnitNanoUsd * 1_000n}`,
    request: `${requestNanoUsd * 1_000n}`,
  }));
}
