import type { ModelAnswer } from '../jobs.responses.js';

/** A whole chat completion, as far as it is read here. */
export interface ChatCompletion {
  readonly answer: ModelAnswer;
  /** What the provider says it used; undefined when it does not. */
  readonly totalTokens: number | undefined;
}

/**
 * Reads a chat completion; undefined for what is none. Of the message everything but the role is passed on: tool calls,
 * a refusal, audio, and whatever providers add.
 */
export function readCompletion(text: string): ChatCompletion | undefined {
  const body = parse(text);
  const choices = body?.['choices'];
  if (!Array.isArray(choices) || !isObject(choices[0])) return undefined;
  const { message, finish_reason: finishReason, logprobs } = choices[0];
  if (!isObject(message)) return undefined;
  const { role: _role, content, ...more } = message;
  const usage = body?.['usage'];
  const totalTokens =
    isObject(usage) && Number.isSafeInteger(usage['total_tokens']) ? usage['total_tokens'] : undefined;
  return {
    answer: {
      ...withoutNulls(more),
      content: typeof content === 'string' ? content : null,
      finish_reason: typeof finishReason === 'string' ? finishReason : null,
      ...(logprobs === undefined || logprobs === null ? {} : { logprobs }),
      ...(choices.length > 1 ? { choices } : {}),
    },
    totalTokens: totalTokens as number | undefined,
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function withoutNulls(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
