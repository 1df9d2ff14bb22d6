import type { ConditionalPrice, ModelInfo as CatalogueModel, ModelPrice, TieredPrices } from '@pydantic/genai-prices';
import { type CompiledPrice, compilePrice, type PriceTier, type TokenPrices } from './compiled-price.js';
import { scaleDecimal } from '../money/decimal-text.js';
import { type PriceState, UNKNOWN_PRICE } from './price-override.js';

/** Version of the bundled catalogue; part of every price id in the ledger. */
export const CATALOGUE_VERSION = '0.1.8';

/** One price of a catalogue model with the moments it is for. */
interface DatedPrice {
  readonly appliesAt: (atMs: number) => boolean;
  readonly state: PriceState;
}

/** A catalogue model whose prices are compiled; the last one that applies is in force. */
export class CataloguePrices {
  readonly #prices: readonly DatedPrice[];

  constructor(providerId: string, model: CatalogueModel) {
    const id = `genai-prices@${CATALOGUE_VERSION}:${providerId}/${model.id}`;
    const { prices } = model;
    this.#prices = Array.isArray(prices)
      ? prices.map((entry, index) => ({
          appliesAt: conditionOf(entry.constraint),
          state: compileCataloguePrice(`${id}#${index}`, entry.prices),
        }))
      : [{ appliesAt: () => true, state: compileCataloguePrice(id, prices) }];
  }

  /** The version with this id; undefined when the model has none of it. */
  withId(id: string): CompiledPrice | undefined {
    for (const { state } of this.#prices) if (state.state === 'priced' && state.price.id === id) return state.price;
    return undefined;
  }

  /** Prices may depend on the date and, with some providers, on the hour (UTC). */
  at(atMs: number): PriceState {
    // The catalogue's rule: later entries override earlier ones, the first one is the fallback.
    const inForce = this.#prices.findLast((price) => price.appliesAt(atMs)) ?? this.#prices[0];
    return inForce?.state ?? UNKNOWN_PRICE;
  }
}

const DAY_MS = 86_400_000;

function conditionOf(constraint: ConditionalPrice['constraint']): (atMs: number) => boolean {
  if (constraint === undefined) return () => true;
  if (constraint.type === 'start_date') {
    const startMs = Date.parse(constraint.start_date);
    return (atMs) => atMs >= startMs;
  }
  const startMs = timeOfDayMs(constraint.start_time);
  const endMs = timeOfDayMs(constraint.end_time);
  return (atMs) => {
    const dayMs = ((atMs % DAY_MS) + DAY_MS) % DAY_MS;
    return endMs < startMs ? dayMs >= startMs || dayMs < endMs : dayMs >= startMs && dayMs < endMs;
  };
}

function timeOfDayMs(text: string): number {
  const ms = Date.parse(`1970-01-01T${text}`);
  return ((ms % DAY_MS) + DAY_MS) % DAY_MS;
}

/** Prices of the catalogue that the usage vector has a place for. */
const PRICE_KEYS = {
  input_mtok: 'input',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite5m',
  cache_write_1h_mtok: 'cacheWrite1h',
  output_mtok: 'output',
  output_reasoning_mtok: 'reasoning',
  input_audio_mtok: 'inputAudio',
  output_audio_mtok: 'outputAudio',
  input_image_mtok: 'inputImage',
} as const satisfies Record<string, keyof TokenPrices>;

const TOOL_KEYS: ReadonlySet<string> = new Set(['web_searches_kcount', 'storage_searches_kcount']);
const REQUEST_KEY = 'requests_kcount';

/** Discounts on cached audio and images: the vector counts such tokens as cache reads or at their full price. */
const DISCOUNT_KEYS: ReadonlySet<string> = new Set(['cache_audio_read_mtok', 'cache_image_read_mtok']);

/**
 * Compiles one price of the catalogue. Unknown rather than approximate: a price without input or output, or with
 * a unit the usage vector cannot carry (hours of audio, pages, images written), would settle too low.
 */
function compileCataloguePrice(id: string, prices: ModelPrice): PriceState {
  const tokenPrices = new Map<keyof TokenPrices, number | TieredPrices>();
  let requestNanoUsd = 0n;
  let toolUnitNanoUsd = 0n;
  for (const [key, value] of Object.entries(prices)) {
    if (value === undefined || DISCOUNT_KEYS.has(key)) continue;
    if (isPriceKey(key)) tokenPrices.set(PRICE_KEYS[key], value);
    else if (typeof value === 'number' && key === REQUEST_KEY) requestNanoUsd = nanoUsdPerUnit(value);
    else if (typeof value === 'number' && TOOL_KEYS.has(key)) {
      const unit = nanoUsdPerUnit(value);
      if (unit > toolUnitNanoUsd) toolUnitNanoUsd = unit;
    } else return UNKNOWN_PRICE;
  }
  const input = tokenPrices.get('input');
  const output = tokenPrices.get('output');
  if (input === undefined || output === undefined) return UNKNOWN_PRICE;

  const starts = new Set([0]);
  for (const value of tokenPrices.values()) {
    if (typeof value !== 'number') for (const tier of value.tiers) starts.add(tier.start);
  }
  const tiers = [...starts].map((fromInputTokens): Omit<PriceTier, 'dearest'> => {
    const priceOf = (value: number | TieredPrices): bigint => picoUsdPerToken(priceInTier(value, fromInputTokens));
    // A kind without a price of its own is billed as the kind it is a part of.
    const optional = (kind: keyof TokenPrices, whole: bigint): bigint => {
      const value = tokenPrices.get(kind);
      return value === undefined ? whole : priceOf(value);
    };
    const inputPico = priceOf(input);
    const outputPico = priceOf(output);
    const cacheWrite5m = optional('cacheWrite5m', inputPico);
    return {
      fromInputTokens,
      picoUsdPerToken: {
        input: inputPico,
        cacheRead: optional('cacheRead', inputPico),
        cacheWrite5m,
        cacheWrite1h: optional('cacheWrite1h', cacheWrite5m),
        output: outputPico,
        reasoning: optional('reasoning', outputPico),
        inputAudio: optional('inputAudio', inputPico),
        outputAudio: optional('outputAudio', outputPico),
        inputImage: optional('inputImage', inputPico),
      },
    };
  });
  return { state: 'priced', price: compilePrice({ id, tiers, requestNanoUsd, toolUnitNanoUsd }) };
}

function isPriceKey(key: string): key is keyof typeof PRICE_KEYS {
  return Object.hasOwn(PRICE_KEYS, key);
}

function priceInTier(value: number | TieredPrices, fromInputTokens: number): number {
  if (typeof value === 'number') return value;
  let price = value.base;
  let highestStart = -1;
  for (const tier of value.tiers) {
    if (tier.start <= fromInputTokens && tier.start > highestStart) {
      highestStart = tier.start;
      price = tier.price;
    }
  }
  return price;
}

/** A few catalogue prices are quotients with endless digits; the last one is rounded up, never in the caller's favour. */
function picoUsdPerToken(usdPerMtok: number): bigint {
  return scaleDecimal(usdPerMtok, 6, 'A catalogue price', 'round-up');
}

/** The catalogue prices calls and tools per thousand. */
function nanoUsdPerUnit(usdPerThousand: number): bigint {
  return scaleDecimal(usdPerThousand, 6, 'A catalogue price', 'round-up');
}
