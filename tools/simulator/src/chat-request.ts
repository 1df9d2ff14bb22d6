import { BehaviourError, directiveIn, mayHoldDirective, type Behaviour } from './behaviour.js';
import { invalidRequest, modelNotFound } from './openai-error.js';

/** What the simulator needs to know of a valid chat completion request. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly unknown[];
  readonly isStream: boolean;
  readonly includesUsage: boolean;
  readonly choices: number;
  /** Null when the caller set no ceiling. */
  readonly maxTokens: number | null;
  readonly tools: readonly unknown[];
  readonly bodyBytes: number;
  readonly directive: Partial<Behaviour> | undefined;
}

/**
 * Validates a body the way OpenAI does.
 *
 * @throws {OpenAiError} 400 or 404, as the provider would answer
 */
export function parseChatRequest(rawBody: string, bodyBytes: number): ChatRequest {
  const body = parseJsonObject(rawBody);
  const { model, messages } = body;
  if (model === undefined || model === null || model === '') throw invalidRequest('you must provide a model parameter');
  if (typeof model !== 'string') throw wrongType('model', 'a string', model);
  if (messages === undefined) {
    throw invalidRequest("Missing required parameter: 'messages'.", 'missing_required_parameter', 'messages');
  }
  if (!Array.isArray(messages)) throw wrongType('messages', 'an array of objects', messages);
  if (messages.length === 0) {
    throw invalidRequest(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'empty_array',
      'messages',
    );
  }
  checkMessages(messages);
  if (model.startsWith('unknown')) throw modelNotFound(model);
  const isStream = booleanOf(body, 'stream');
  return {
    model,
    messages,
    isStream,
    includesUsage: includesUsage(body, isStream),
    choices: countOf(body, 'n') ?? 1,
    maxTokens: maxTokensOf(body),
    tools: Array.isArray(body['tools']) ? body['tools'] : [],
    bodyBytes,
    directive: mayHoldDirective(rawBody) ? lastUserDirective(messages) : undefined,
  };
}

function parseJsonObject(rawBody: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(rawBody);
  } catch {
    throw unparsable();
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw unparsable();
  return body as Record<string, unknown>;
}

function unparsable(): Error {
  return invalidRequest(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  );
}

function wrongType(param: string, expected: string, value: unknown): Error {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return invalidRequest(
    `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`,
    'invalid_type',
    param,
  );
}

function checkMessages(messages: readonly unknown[]): void {
  for (const [index, message] of messages.entries()) {
    if (typeof message !== 'object' || message === null) throw wrongType(`messages[${index}]`, 'an object', message);
    const { role } = message as Record<string, unknown>;
    if (typeof role !== 'string') {
      const param = `messages[${index}].role`;
      throw invalidRequest(`Missing required parameter: '${param}'.`, 'missing_required_parameter', param);
    }
  }
}

function booleanOf(body: Record<string, unknown>, param: string): boolean {
  const value = body[param];
  if (value === undefined || value === null) return false;
  if (typeof value !== 'boolean') throw wrongType(param, 'a boolean', value);
  return value;
}

function countOf(body: Record<string, unknown>, param: string): number | null {
  const value = body[param];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrongType(param, 'an integer', value);
  if (value < 1) {
    throw invalidRequest(
      `Invalid '${param}': integer below minimum value. Expected a value >= 1, but got ${value} instead.`,
      'integer_below_min_value',
      param,
    );
  }
  return value;
}

function maxTokensOf(body: Record<string, unknown>): number | null {
  const legacy = countOf(body, 'max_tokens');
  const current = countOf(body, 'max_completion_tokens');
  if (legacy !== null && current !== null) {
    throw invalidRequest(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      null,
      'max_tokens',
    );
  }
  return current ?? legacy;
}

function includesUsage(body: Record<string, unknown>, isStream: boolean): boolean {
  const options = body['stream_options'];
  if (options === undefined || options === null) return false;
  if (typeof options !== 'object') throw wrongType('stream_options', 'an object', options);
  if (!isStream) {
    throw invalidRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      null,
      'stream_options',
    );
  }
  return booleanOf(options as Record<string, unknown>, 'include_usage');
}

function lastUserDirective(messages: readonly unknown[]): Partial<Behaviour> | undefined {
  const message = messages.findLast((candidate) => (candidate as Record<string, unknown>)['role'] === 'user');
  if (message === undefined) return undefined;
  try {
    return directiveIn(textOf((message as Record<string, unknown>)['content']));
  } catch (error) {
    if (error instanceof BehaviourError) throw invalidRequest(error.message, 'sim_directive_invalid', 'messages');
    throw error;
  }
}

/** The text of a message's content, whichever of its two shapes it has. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isTextPart(part) ? part.text : '')).join('\n');
}

function isTextPart(part: unknown): part is { text: string } {
  return typeof part === 'object' && part !== null && typeof (part as Record<string, unknown>)['text'] === 'string';
}
