/**
 * What one upstream call used. The fields are disjoint: every token is in exactly one of them, so the sum is
 * the provider's total. Every field is a non-negative safe integer.
 */
export interface UsageVector {
  /** Fresh text input: neither read from nor written to a cache, neither audio nor image. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Text output without reasoning. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly inputAudioTokens: number;
  readonly outputAudioTokens: number;
  readonly inputImageTokens: number;
  /** Calls of tools the provider bills by the call, such as web searches. Not tokens. */
  readonly toolUnits: number;
}

/** A call that used nothing. */
export const ZERO_USAGE: UsageVector = Object.freeze({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  inputAudioTokens: 0,
  outputAudioTokens: 0,
  inputImageTokens: 0,
  toolUnits: 0,
});

/** Every token the model read, cached or not: what price tiers look at. */
export function inputTokensOf(usage: UsageVector): number {
  return (
    usage.inputTokens +
    usage.cacheReadTokens +
    usage.cacheWrite5mTokens +
    usage.cacheWrite1hTokens +
    usage.inputAudioTokens +
    usage.inputImageTokens
  );
}

/** Every token the model wrote, reasoning included. */
export function outputTokensOf(usage: UsageVector): number {
  return usage.outputTokens + usage.reasoningTokens + usage.outputAudioTokens;
}

/** Every token of the call; equals the provider's own total. */
export function totalTokens(usage: UsageVector): number {
  return inputTokensOf(usage) + outputTokensOf(usage);
}

/**
 * Reads the `usage` object of an OpenAI chat completion.
 *
 * The details are parts of the totals; where a provider reports parts that overlap or exceed their total, the
 * dearer part keeps its size and the cheaper one shrinks, so that the sum still equals prompt + completion. What the
 * stated total has beyond those is reasoning that the provider did not count as completion, as Gemini does.
 *
 * @returns undefined when the object is absent or its totals are not counts: unknown usage is not zero usage.
 */
export function usageFromOpenAi(raw: unknown): UsageVector | undefined {
  if (!isRecord(raw)) return undefined;
  const prompt = raw['prompt_tokens'];
  const completion = raw['completion_tokens'];
  if (!isCount(prompt) || !isCount(completion) || !isCount(prompt + completion)) return undefined;
  const total = raw['total_tokens'];
  const uncounted = isCount(total) ? Math.max(0, total - prompt - completion) : 0;

  const promptDetails = raw['prompt_tokens_details'];
  let promptLeft = prompt;
  const takeFromPrompt = (field: string): number => {
    const part = Math.min(countIn(promptDetails, field), promptLeft);
    promptLeft -= part;
    return part;
  };
  const inputAudioTokens = takeFromPrompt('audio_tokens');
  const inputImageTokens = takeFromPrompt('image_tokens');
  const cacheWrite5mTokens = takeFromPrompt('cache_write_tokens');
  const cacheReadTokens = takeFromPrompt('cached_tokens');

  const completionDetails = raw['completion_tokens_details'];
  const outputAudioTokens = Math.min(countIn(completionDetails, 'audio_tokens'), completion);
  const reasoningTokens = Math.min(countIn(completionDetails, 'reasoning_tokens'), completion - outputAudioTokens);
  return {
    inputTokens: promptLeft,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens: 0,
    outputTokens: completion - outputAudioTokens - reasoningTokens,
    reasoningTokens: reasoningTokens + uncounted,
    inputAudioTokens,
    outputAudioTokens,
    inputImageTokens,
    toolUnits: 0,
  };
}

function countIn(details: unknown, field: string): number {
  if (!isRecord(details)) return 0;
  const value = details[field];
  return isCount(value) ? value : 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
