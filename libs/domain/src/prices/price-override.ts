import { type CompiledPrice, compilePrice } from './compiled-price.js';
import { formatScaled, scaleDecimal } from '../money/decimal-text.js';

/** What is known about the price of a model. Unknown is not zero: a budget cannot admit what it cannot price. */
export type PriceState =
  | { readonly state: 'priced'; readonly price: CompiledPrice }
  | { readonly state: 'free' }
  | { readonly state: 'unknown' };

/** No price is known; shared, so that callers may compare by reference. */
export const UNKNOWN_PRICE: PriceState = Object.freeze({ state: 'unknown' });
/** Explicitly free of charge. */
export const FREE_PRICE: PriceState = Object.freeze({ state: 'free' });

/** Prices as an operator writes them: decimal texts, exact. */
export interface PriceTexts {
  readonly isFree: boolean;
  readonly inputUsdPerMtok?: string;
  /** The input price when absent. */
  readonly cacheReadUsdPerMtok?: string;
  /** The input price when absent. */
  readonly cacheWriteUsdPerMtok?: string;
  readonly outputUsdPerMtok?: string;
  /** Added once per call. Alone, without token prices, it is a flat price. */
  readonly requestUsd?: string;
}

/** A price set by the operator; append-only, in force from a moment on until a newer one. */
export interface PriceOverride extends PriceTexts {
  readonly id: string;
  readonly provider: string;
  /** Exact name without provider prefix, or `*` for every model of the provider. */
  readonly model: string;
  readonly effectiveFromMs: number;
}

/** USD per million tokens with 6 decimals is whole pico-dollars per token. */
const MTOK_DECIMALS = 6;

/**
 * Reads a price in USD per million tokens as pico-dollars per token.
 *
 * @throws RangeError for negative prices, more than six decimals, or anything that is no decimal number.
 */
export function parseUsdPerMtok(text: string): bigint {
  const value = scaleDecimal(text, MTOK_DECIMALS, 'A price in USD per million tokens');
  if (value < 0n) throw new RangeError(`A price must not be negative: ${text}`);
  return value;
}

/** Writes a price of pico-dollars per token in USD per million tokens, with all six decimals: `0.150000`. */
export function formatUsdPerMtok(picoUsdPerToken: bigint): string {
  return formatScaled(picoUsdPerToken, MTOK_DECIMALS);
}

/** Reads a price in USD per call as nano-dollars. @throws RangeError like {@link parseUsdPerMtok}, at nine decimals. */
export function parseUsdPerRequest(text: string): bigint {
  const value = scaleDecimal(text, 9, 'A price in USD per call');
  if (value < 0n) throw new RangeError(`A price must not be negative: ${text}`);
  return value;
}

/** The override in force at a moment: an exact model name before `*`, then the newest. */
export function effectiveOverride(
  provider: string,
  model: string,
  atMs: number,
  overrides: readonly PriceOverride[],
): PriceOverride | undefined {
  let best: PriceOverride | undefined;
  for (const candidate of overrides) {
    if (candidate.provider !== provider || candidate.effectiveFromMs > atMs) continue;
    if (candidate.model !== model && candidate.model !== '*') continue;
    if (best === undefined || isStronger(candidate, best, model)) best = candidate;
  }
  return best;
}

function isStronger(candidate: PriceOverride, best: PriceOverride, model: string): boolean {
  const isExact = candidate.model === model;
  const isBestExact = best.model === model;
  if (isExact !== isBestExact) return isExact;
  return candidate.effectiveFromMs > best.effectiveFromMs;
}

/** Overrides are immutable, and a snapshot's are asked on every call. */
const compiled = new WeakMap<PriceOverride, PriceState>();

/** The price that an override sets. */
export function priceOfOverride(override: PriceOverride): PriceState {
  const known = compiled.get(override);
  if (known !== undefined) return known;
  const state = compilePriceTexts(`override:${override.id}`, override);
  compiled.set(override, state);
  return state;
}

/** Compiles a price. One that prices input but not output, or the reverse, leaves the price unknown. */
export function compilePriceTexts(id: string, texts: PriceTexts): PriceState {
  if (texts.isFree) return FREE_PRICE;
  const { inputUsdPerMtok, outputUsdPerMtok, requestUsd } = texts;
  const isFlat = inputUsdPerMtok === undefined && outputUsdPerMtok === undefined && requestUsd !== undefined;
  if (!isFlat && (inputUsdPerMtok === undefined || outputUsdPerMtok === undefined)) return UNKNOWN_PRICE;
  const input = parseUsdPerMtok(inputUsdPerMtok ?? '0');
  const output = parseUsdPerMtok(outputUsdPerMtok ?? '0');
  const orInput = (text: string | undefined): bigint => (text === undefined ? input : parseUsdPerMtok(text));
  const cacheWrite = orInput(texts.cacheWriteUsdPerMtok);
  const picoUsdPerToken = {
    input,
    cacheRead: orInput(texts.cacheReadUsdPerMtok),
    cacheWrite5m: cacheWrite,
    cacheWrite1h: cacheWrite,
    output,
    reasoning: output,
    inputAudio: input,
    outputAudio: output,
    inputImage: input,
  };
  const price = compilePrice({
    id,
    tiers: [{ fromInputTokens: 0, picoUsdPerToken }],
    requestNanoUsd: requestUsd === undefined ? 0n : parseUsdPerRequest(requestUsd),
  });
  return { state: 'priced', price };
}
