import type { CallShape } from './call-shape.js';
import { type Billing, creditAmounts } from '../credits/billing.js';
import { AT_COST_E8 } from '../prices/client-pricing.js';
import { type CompiledPrice, costOf, type PriceTier, type TokenField } from '../prices/compiled-price.js';
import type { CallAmounts } from '../limits/limits.js';
import type { ModelInfo } from '../models/model-info.js';
import type { PriceState } from '../prices/price-override.js';
import { inputTokensOf, outputTokensOf, totalTokens, type UsageVector, ZERO_USAGE } from '../usage/usage-vector.js';

/** What a call can cost at most. */
export interface Estimate {
  readonly inputTokensCeiling: number;
  readonly outputTokensCeiling: number;
  readonly amounts: CallAmounts;
}

/** Most tokens that the parts of a call can become. */
export interface InputCeilings {
  readonly text: number;
  readonly image: number;
  readonly audio: number;
  /** Of all input together; less than the sum where the model's window ends first. */
  readonly total: number;
  /** Input may be of any kind: nothing is known about its parts. */
  readonly isOfAnyKind: boolean;
}

/** Instructions that a provider puts before every prompt, such as the harmony preamble of gpt-oss (about 70 tokens). */
const REQUEST_OVERHEAD_TOKENS = 128;
/** Role markers: OpenAI adds 3 per message and 1 per name. The JSON around a message covers them once more. */
const MESSAGE_OVERHEAD_TOKENS = 4;
/** The hidden tool prompt; Anthropic documents up to 530 tokens, OpenAI's is shorter. */
const TOOLS_OVERHEAD_TOKENS = 640;
const TOOL_OVERHEAD_TOKENS = 16;
/**
 * Audio: OpenAI makes 10 tokens of a second, Gemini 32. A second takes at least 1,333 base64 characters (MP3 at
 * 8 kbit/s), so 32 characters per token is a bound with room to spare.
 */
const BASE64_CHARS_PER_AUDIO_TOKEN = 32;

/**
 * Bounds the input of a call.
 * A token of a byte-level BPE covers at least one byte of UTF-8, and JSON text is never shorter than the UTF-8 it
 * stands for: the bytes of the body bound the tokens of its text.
 */
export function inputCeilings(shape: CallShape, info: ModelInfo): InputCeilings {
  const window = info.known ? info.contextTokens : Number.MAX_SAFE_INTEGER;
  if (shape.hasUnboundedInput) {
    return { text: info.contextTokens, image: 0, audio: 0, total: info.contextTokens, isOfAnyKind: true };
  }
  const toolCount = shape.toolCount ?? 0;
  const textBytes = shape.bodyBytes - (shape.mediaBytes ?? 0);
  const text =
    Math.min(textBytes, shape.textTokensCeiling ?? textBytes) +
    REQUEST_OVERHEAD_TOKENS +
    shape.messageCount * MESSAGE_OVERHEAD_TOKENS +
    (toolCount > 0 ? TOOLS_OVERHEAD_TOKENS + toolCount * TOOL_OVERHEAD_TOKENS : 0);
  const image = shape.imageParts * info.imageTokensCeiling;
  const audio = Math.ceil((shape.audioBytes ?? 0) / BASE64_CHARS_PER_AUDIO_TOKEN);
  return { text, image, audio, total: Math.min(text + image + audio, window), isOfAnyKind: false };
}

/** Bounds the output of a call, all choices together. */
export function outputCeiling(shape: CallShape, info: ModelInfo): number {
  const asked = shape.maxOutputTokens;
  // Above the model's own ceiling the provider refuses; a ceiling that is only a default must not lower the bound.
  const perChoice =
    asked === undefined ? info.outputTokensCeiling : info.known ? Math.min(asked, info.outputTokensCeiling) : asked;
  return (perChoice + (shape.predictionBytes ?? 0)) * shape.choices;
}

/**
 * The worst case of a call: no usage that the ceilings allow settles higher, in tokens or in money, because it is
 * priced by {@link costOf} as if every token were of the dearest kind the request allows. A call whose price is
 * unknown is estimated at no cost; whether it may run is not decided here.
 *
 * @param billing how the team pays; absent: what the provider bills, and no credits.
 */
export function estimateCall(shape: CallShape, info: ModelInfo, price: PriceState, billing?: Billing): Estimate {
  const input = inputCeilings(shape, info);
  const outputTokensCeiling = outputCeiling(shape, info);
  const worst = (state: PriceState, factorE8?: number): bigint =>
    state.state === 'priced' ? worstCost(shape, input, outputTokensCeiling, state.price, factorE8) : 0n;
  const tokens = input.total + outputTokensCeiling;
  const costNanoUsd = worst(price);
  const client = billing?.client;
  const clientCostNanoUsd = client === undefined ? costNanoUsd : worst(client.price, client.factorE8);
  const { credits, microCredits } = creditAmounts(billing, tokens, clientCostNanoUsd);
  return {
    inputTokensCeiling: input.total,
    outputTokensCeiling,
    amounts: {
      requests: 1,
      tokens,
      inputTokens: input.total,
      outputTokens: outputTokensCeiling,
      concurrentRequests: 1,
      costNanoUsd,
      clientCostNanoUsd,
      credits,
      microCredits,
    },
  };
}

/** What a finished call takes from the limits; same function for the money as the estimate. */
export function settleAmounts(usage: UsageVector, price: PriceState, billing?: Billing): CallAmounts {
  const tokens = totalTokens(usage);
  const costNanoUsd = price.state === 'priced' ? costOf(usage, price.price) : 0n;
  const client = billing?.client;
  let clientCostNanoUsd: bigint = costNanoUsd;
  if (client !== undefined) {
    clientCostNanoUsd = client.price.state === 'priced' ? costOf(usage, client.price.price, client.factorE8) : 0n;
  }
  const { credits, microCredits } = creditAmounts(billing, tokens, clientCostNanoUsd);
  return {
    requests: 1,
    tokens,
    inputTokens: inputTokensOf(usage),
    outputTokens: outputTokensOf(usage),
    concurrentRequests: 0,
    costNanoUsd,
    clientCostNanoUsd,
    credits,
    microCredits,
  };
}

function worstCost(
  shape: CallShape,
  input: InputCeilings,
  outputTokens: number,
  price: CompiledPrice,
  factorE8 = AT_COST_E8,
): bigint {
  const { tiers } = price;
  let worst = 0n;
  for (let index = tiers.length - 1; index >= 0; index -= 1) {
    const tier = tiers[index] as PriceTier;
    if (index > 0 && input.total <= tier.fromInputTokens) continue;
    const tierEnd = tiers[index + 1]?.fromInputTokens ?? Number.MAX_SAFE_INTEGER;
    const usage = worstUsage(shape, input, Math.min(input.total, tierEnd), outputTokens, tier);
    const cost: bigint = costOf(usage, price, factorE8);
    if (cost > worst) worst = cost;
    if (price.isAscending) break;
  }
  return worst;
}

type MutableUsage = { -readonly [Field in keyof UsageVector]: number };

function worstUsage(
  shape: CallShape,
  input: InputCeilings,
  inputTokens: number,
  outputTokens: number,
  tier: PriceTier,
): UsageVector {
  const { dearest } = tier;
  const usage: MutableUsage = { ...ZERO_USAGE };
  const textKind: TokenField = shape.mayUseLongCache === true ? dearest.cachedText : dearest.text;
  const media = input.image + input.audio;
  if (input.isOfAnyKind || (media > inputTokens && input.image > 0 && input.audio > 0)) {
    usage[dearest.anyInput] = inputTokens;
  } else if (media === 0) {
    usage[textKind] = inputTokens;
  } else {
    // Media kinds are never cheaper than text, so where the window or the tier ends first, text gives way.
    const image = Math.min(input.image, inputTokens);
    const audio = Math.min(input.audio, inputTokens - image);
    usage[dearest.image] += image;
    usage[dearest.audio] += audio;
    usage[textKind] += inputTokens - image - audio;
  }
  usage[shape.hasAudioOutput === true ? dearest.audioOutput : dearest.output] += outputTokens;
  usage.toolUnits = shape.toolUnitsCeiling ?? 0;
  return usage;
}

/** Room that the limits leave for a call; absent means not limited. */
export interface Room {
  readonly tokens?: bigint;
  readonly inputTokens?: bigint;
  readonly outputTokens?: bigint;
  readonly costNanoUsd?: bigint;
  readonly credits?: bigint;
}

/**
 * The largest `max_tokens` with which the call would fit, or undefined when not even one token would.
 * For refusals and for policies that lower the limit instead of refusing; not for the hot path.
 */
export function largestOutputThatFits(
  shape: CallShape,
  info: ModelInfo,
  price: PriceState,
  room: Room,
  billing?: Billing,
): number | undefined {
  const fits = (maxOutputTokens: number): boolean => {
    const { amounts } = estimateCall({ ...shape, maxOutputTokens }, info, price, billing);
    if (room.tokens !== undefined && BigInt(amounts.tokens) > room.tokens) return false;
    if (room.inputTokens !== undefined && BigInt(amounts.inputTokens) > room.inputTokens) return false;
    if (room.outputTokens !== undefined && BigInt(amounts.outputTokens) > room.outputTokens) return false;
    if (room.credits !== undefined && amounts.credits > room.credits) return false;
    return room.costNanoUsd === undefined || amounts.costNanoUsd <= room.costNanoUsd;
  };
  if (!fits(1)) return undefined;
  let below = 1;
  let above = Math.max(1, shape.maxOutputTokens ?? info.outputTokensCeiling) + 1;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (fits(middle)) below = middle;
    else above = middle;
  }
  return below;
}
