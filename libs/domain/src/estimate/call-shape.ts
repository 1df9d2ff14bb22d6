/** What an estimate needs to know about a request: counts, no content. */
export interface CallShape {
  /** Of the request as received, after any content encoding was undone. */
  readonly bodyBytes: number;
  readonly messageCount: number;
  readonly imageParts: number;
  /** The request names input that is not in it: file ids, stored audio, web search. */
  readonly hasUnboundedInput: boolean;
  /** Per choice; absent when the caller set no limit. */
  readonly maxOutputTokens?: number;
  /** Answers asked for; the output is billed for each. */
  readonly choices: number;
  /** A tokeniser's count of all text of the request; takes the place of the bytes where it is smaller. */
  readonly textTokensCeiling?: number;
  /** Characters of base64 images and audio in the body: they are not read as text. */
  readonly mediaBytes?: number;
  /** The part of {@link mediaBytes} that is audio. */
  readonly audioBytes?: number;
  readonly toolCount?: number;
  readonly hasAudioOutput?: boolean;
  /** The request controls caching, so that the dearer long cache is possible. */
  readonly mayUseLongCache?: boolean;
  /** A predicted output is billed as output where it was wrong: its size in characters. */
  readonly predictionBytes?: number;
  /** Calls of provider-side tools that are billed one by one. */
  readonly toolUnitsCeiling?: number;
  /**
   * The request asks for a service tier that providers bill above their list price, such as `priority`: no known
   * price bounds such a call.
   */
  readonly hasPremiumTier?: boolean;
}

/** Larger counts than any provider accepts; keeps products within safe integers. */
const OUTPUT_TOKENS_MAX = 2 ** 40;
const CHOICES_MAX = 2 ** 10;

interface MutableCounts {
  imageParts: number;
  mediaBytes: number;
  audioBytes: number;
  hasUnboundedInput: boolean;
  mayUseLongCache: boolean;
}

/**
 * Measures a chat completion request. Never throws: what is malformed is for validation to refuse, and what is
 * not understood counts as unbounded rather than as nothing.
 */
export function shapeOfChatRequest(body: Record<string, unknown>, bodyBytes: number): CallShape {
  const counts: MutableCounts = {
    imageParts: 0,
    mediaBytes: 0,
    audioBytes: 0,
    hasUnboundedInput: body['web_search_options'] !== undefined && body['web_search_options'] !== null,
    mayUseLongCache: body['prompt_cache_retention'] !== undefined || body['cache_control'] !== undefined,
  };
  const messages = Array.isArray(body['messages']) ? (body['messages'] as readonly unknown[]) : [];
  for (const message of messages) {
    if (isRecord(message)) countMessage(message, counts);
  }
  const tools = body['tools'] ?? body['functions'];
  if (Array.isArray(tools) && tools.some((tool) => isRecord(tool) && tool['cache_control'] !== undefined)) {
    counts.mayUseLongCache = true;
  }
  const modalities = body['modalities'];
  const maxOutputTokens = maxOutputOf(body);
  return {
    bodyBytes,
    messageCount: messages.length,
    imageParts: counts.imageParts,
    hasUnboundedInput: counts.hasUnboundedInput,
    choices: choicesOf(body['n']),
    mediaBytes: Math.min(counts.mediaBytes, bodyBytes),
    audioBytes: Math.min(counts.audioBytes, bodyBytes),
    toolCount: Array.isArray(tools) ? tools.length : 0,
    hasAudioOutput: Array.isArray(modalities) && modalities.includes('audio'),
    mayUseLongCache: counts.mayUseLongCache,
    // The prediction is somewhere in the body; measuring it exactly is not worth a walk.
    predictionBytes: isRecord(body['prediction']) ? bodyBytes : 0,
    hasPremiumTier: !isListPriceTier(body['service_tier']),
    toolUnitsCeiling: body['web_search_options'] === undefined ? 0 : 1,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  };
}

/** `auto` follows the project's setting, which the operator who holds the provider key answers for. */
const LIST_PRICE_TIERS: ReadonlySet<unknown> = new Set([undefined, null, 'auto', 'default', 'standard_only', 'flex']);

function isListPriceTier(tier: unknown): boolean {
  return LIST_PRICE_TIERS.has(tier);
}

function countMessage(message: Record<string, unknown>, counts: MutableCounts): void {
  // An assistant turn may refer to audio the provider keeps.
  if (isRecord(message['audio'])) counts.hasUnboundedInput = true;
  if (message['cache_control'] !== undefined) counts.mayUseLongCache = true;
  const { content } = message;
  if (!Array.isArray(content)) return;
  for (const part of content as readonly unknown[]) {
    if (isRecord(part)) countPart(part, counts);
  }
}

function countPart(part: Record<string, unknown>, counts: MutableCounts): void {
  if (part['cache_control'] !== undefined) counts.mayUseLongCache = true;
  switch (part['type']) {
    case 'text':
    case 'refusal':
      return;
    case 'image_url': {
      counts.imageParts += 1;
      const image = part['image_url'];
      const url = isRecord(image) ? image['url'] : image;
      if (typeof url === 'string' && url.startsWith('data:')) counts.mediaBytes += url.length;
      return;
    }
    case 'input_audio': {
      const audio = part['input_audio'];
      const data = isRecord(audio) ? audio['data'] : undefined;
      if (typeof data !== 'string') {
        counts.hasUnboundedInput = true;
        return;
      }
      counts.mediaBytes += data.length;
      counts.audioBytes += data.length;
      return;
    }
    default:
      counts.hasUnboundedInput = true;
  }
}

/** Both names of the limit may be present; which one a provider follows differs, so the larger bounds the call. */
function maxOutputOf(body: Record<string, unknown>): number | undefined {
  const old = outputLimit(body['max_tokens']);
  const current = outputLimit(body['max_completion_tokens']);
  if (old === undefined || current === undefined) return old ?? current;
  return Math.max(old, current);
}

/** Zero and below mean "no limit" to some servers, so they bound nothing. */
function outputLimit(value: unknown): number | undefined {
  const limit = asNumber(value);
  return limit > 0 ? Math.min(Math.ceil(limit), OUTPUT_TOKENS_MAX) : undefined;
}

function choicesOf(value: unknown): number {
  const choices = asNumber(value);
  return choices > 1 ? Math.min(Math.ceil(choices), CHOICES_MAX) : 1;
}

/** Some servers accept a number in quotes, so it must count here too. */
function asNumber(value: unknown): number {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
