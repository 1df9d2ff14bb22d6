import { divideHalfEven } from '../money/decimal-text.js';
import { type NanoUsd, nanoUsd } from '../money/money.js';
import { inputTokensOf, type UsageVector } from '../usage/usage-vector.js';
import { AT_COST_E8 } from './client-pricing.js';

/**
 * Prices of one token of each kind in pico-dollars (1e-12 USD): 1 USD per million tokens is 1_000_000.
 * The kinds are those of {@link UsageVector}.
 */
export interface TokenPrices {
  readonly input: bigint;
  readonly cacheRead: bigint;
  readonly cacheWrite5m: bigint;
  readonly cacheWrite1h: bigint;
  readonly output: bigint;
  readonly reasoning: bigint;
  readonly inputAudio: bigint;
  readonly outputAudio: bigint;
  readonly inputImage: bigint;
}

/** Fields of the usage vector that hold tokens. */
export type TokenField = Exclude<keyof UsageVector, 'toolUnits'>;

/** For each part of a call, the kind of token that would cost most; what a worst-case estimate is made of. */
export interface DearestKinds {
  /** Text the provider may have written to its short cache unasked. */
  readonly text: TokenField;
  /** Text the caller asked to be cached, so that the long cache is possible too. */
  readonly cachedText: TokenField;
  readonly audio: TokenField;
  readonly image: TokenField;
  /** Any input at all. */
  readonly anyInput: TokenField;
  readonly output: TokenField;
  readonly audioOutput: TokenField;
}

/** Prices that hold while the call's input exceeds `fromInputTokens`, up to the next tier. */
export interface PriceTier {
  /** Exclusive; 0 for the first tier, which also prices a call without input. */
  readonly fromInputTokens: number;
  readonly picoUsdPerToken: TokenPrices;
  readonly dearest: DearestKinds;
}

/** One version of a model's price, ready for the hot path. Made by {@link compilePrice} only. */
export interface CompiledPrice {
  /** Names the version in the ledger: `genai-prices@0.1.8:openai/gpt-4o` or `override:<uuid>`. */
  readonly id: string;
  /** Ascending by `fromInputTokens`; never empty. */
  readonly tiers: readonly PriceTier[];
  readonly requestNanoUsd: bigint;
  /** Dearest of the tools the provider bills by the call. */
  readonly toolUnitNanoUsd: bigint;
  /** No tier is cheaper than the one before it, for any kind: the highest reachable tier is the worst case. */
  readonly isAscending: boolean;
}

/** What {@link compilePrice} needs. */
export interface PriceDefinition {
  readonly id: string;
  readonly tiers: readonly { readonly fromInputTokens: number; readonly picoUsdPerToken: TokenPrices }[];
  readonly requestNanoUsd?: bigint;
  readonly toolUnitNanoUsd?: bigint;
}

const PRICE_OF_FIELD: Readonly<Record<TokenField, keyof TokenPrices>> = {
  inputTokens: 'input',
  cacheReadTokens: 'cacheRead',
  cacheWrite5mTokens: 'cacheWrite5m',
  cacheWrite1hTokens: 'cacheWrite1h',
  outputTokens: 'output',
  reasoningTokens: 'reasoning',
  inputAudioTokens: 'inputAudio',
  outputAudioTokens: 'outputAudio',
  inputImageTokens: 'inputImage',
};

const TEXT: readonly TokenField[] = ['inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens'];
const CACHED_TEXT: readonly TokenField[] = [...TEXT, 'cacheWrite1hTokens'];
const OUTPUT: readonly TokenField[] = ['outputTokens', 'reasoningTokens'];

/** Sorts the tiers and precomputes what an estimate would otherwise search for on every call. */
export function compilePrice(definition: PriceDefinition): CompiledPrice {
  const tiers = definition.tiers
    .toSorted((one, other) => one.fromInputTokens - other.fromInputTokens)
    .map(({ fromInputTokens, picoUsdPerToken }) => ({
      fromInputTokens,
      picoUsdPerToken,
      dearest: dearestOf(picoUsdPerToken),
    }));
  if (tiers[0]?.fromInputTokens !== 0) throw new RangeError(`Price ${definition.id} has no tier that starts at 0`);
  return {
    id: definition.id,
    tiers,
    requestNanoUsd: definition.requestNanoUsd ?? 0n,
    toolUnitNanoUsd: definition.toolUnitNanoUsd ?? 0n,
    isAscending: tiers.every((tier, index) => index === 0 || isNoCheaper(tier, tiers[index - 1])),
  };
}

function dearestOf(prices: TokenPrices): DearestKinds {
  return {
    text: dearestAmong(prices, TEXT),
    cachedText: dearestAmong(prices, CACHED_TEXT),
    audio: dearestAmong(prices, ['inputAudioTokens', ...CACHED_TEXT]),
    image: dearestAmong(prices, ['inputImageTokens', ...CACHED_TEXT]),
    anyInput: dearestAmong(prices, ['inputAudioTokens', 'inputImageTokens', ...CACHED_TEXT]),
    output: dearestAmong(prices, OUTPUT),
    audioOutput: dearestAmong(prices, [...OUTPUT, 'outputAudioTokens']),
  };
}

function dearestAmong(prices: TokenPrices, fields: readonly TokenField[]): TokenField {
  return fields.reduce((best, field) => (prices[PRICE_OF_FIELD[field]] > prices[PRICE_OF_FIELD[best]] ? field : best));
}

function isNoCheaper(tier: PriceTier, previous: PriceTier | undefined): boolean {
  if (previous === undefined) return true;
  return Object.values(PRICE_OF_FIELD).every((kind) => tier.picoUsdPerToken[kind] >= previous.picoUsdPerToken[kind]);
}

const PICO_PER_NANO = 1_000n;
const WHOLE_E8 = BigInt(AT_COST_E8);

/**
 * The cost of a call: the only function that turns usage into money, for estimates and settlements alike.
 * The sum is exact in pico-dollars and rounded half to even once, to nano-dollars.
 *
 * @param factorE8 times 10^8, what the sum is multiplied with before it is rounded.
 */
export function costOf(usage: UsageVector, price: CompiledPrice, factorE8 = AT_COST_E8): NanoUsd {
  const prices = tierFor(price, inputTokensOf(usage)).picoUsdPerToken;
  let pico = price.requestNanoUsd * PICO_PER_NANO;
  // Hot path: most calls use three or four of the ten kinds, and a bigint costs more than a comparison.
  if (usage.inputTokens > 0) pico += BigInt(usage.inputTokens) * prices.input;
  if (usage.cacheReadTokens > 0) pico += BigInt(usage.cacheReadTokens) * prices.cacheRead;
  if (usage.cacheWrite5mTokens > 0) pico += BigInt(usage.cacheWrite5mTokens) * prices.cacheWrite5m;
  if (usage.cacheWrite1hTokens > 0) pico += BigInt(usage.cacheWrite1hTokens) * prices.cacheWrite1h;
  if (usage.outputTokens > 0) pico += BigInt(usage.outputTokens) * prices.output;
  if (usage.reasoningTokens > 0) pico += BigInt(usage.reasoningTokens) * prices.reasoning;
  if (usage.inputAudioTokens > 0) pico += BigInt(usage.inputAudioTokens) * prices.inputAudio;
  if (usage.outputAudioTokens > 0) pico += BigInt(usage.outputAudioTokens) * prices.outputAudio;
  if (usage.inputImageTokens > 0) pico += BigInt(usage.inputImageTokens) * prices.inputImage;
  if (usage.toolUnits > 0) pico += BigInt(usage.toolUnits) * price.toolUnitNanoUsd * PICO_PER_NANO;
  if (factorE8 !== AT_COST_E8) return nanoUsd(divideHalfEven(pico * BigInt(factorE8), PICO_PER_NANO * WHOLE_E8));
  return nanoUsd(divideHalfEven(pico, PICO_PER_NANO));
}

function tierFor(price: CompiledPrice, inputTokens: number): PriceTier {
  const { tiers } = price;
  for (let index = tiers.length - 1; index > 0; index -= 1) {
    const tier = tiers[index];
    if (tier !== undefined && inputTokens > tier.fromInputTokens) return tier;
  }
  return tiers[0] as PriceTier;
}
