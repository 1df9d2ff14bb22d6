import { AppError } from '@penstock/domain';

/** The few facts of a chat request that the gateway needs. Everything else is the provider's to judge. */
export interface ChatRequest {
  readonly body: Record<string, unknown>;
  readonly bytes: Buffer;
  readonly model: string;
  readonly isStream: boolean;
  /** True when the caller asked for the usage chunk itself. */
  readonly wantsUsage: boolean;
}

/** Limits how many choices one call may ask for: each is another full answer in the worst case. */
const CHOICES_MAX = 128;

/**
 * Reads the facts. Types are strict: a gateway that guesses what a caller meant charges for guesses.
 *
 * @throws AppError `request_malformed_json` or `request_invalid` with every offending field.
 */
export function readChatRequest(bytes: Buffer): ChatRequest {
  const body = parseObject(bytes);
  const fields: { path: string; reason: string }[] = [];
  const { model, messages, stream } = body;

  if (model === undefined) fields.push({ path: 'model', reason: 'is required' });
  else if (typeof model !== 'string' || model === '') fields.push({ path: 'model', reason: 'must be a non-empty string' });
  else if (model.length > 255) fields.push({ path: 'model', reason: 'must not be longer than 255 characters' });

  if (messages === undefined) fields.push({ path: 'messages', reason: 'is required' });
  else if (!Array.isArray(messages)) fields.push({ path: 'messages', reason: 'must be an array' });
  else if (messages.length === 0) fields.push({ path: 'messages', reason: 'must not be empty' });
  else if (!messages.every(isObject)) fields.push({ path: 'messages', reason: 'must hold only objects' });

  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    fields.push({ path: 'stream', reason: 'must be true or false' });
  }
  for (const name of ['max_tokens', 'max_completion_tokens'] as const) {
    const value = body[name];
    if (value !== undefined && value !== null && !isWhole(value, 1, Number.MAX_SAFE_INTEGER)) {
      fields.push({ path: name, reason: 'must be a whole number of at least 1' });
    }
  }
  const choices = body['n'];
  if (choices !== undefined && choices !== null && !isWhole(choices, 1, CHOICES_MAX)) {
    fields.push({ path: 'n', reason: `must be a whole number from 1 to ${CHOICES_MAX}` });
  }
  const options = body['stream_options'];
  if (options !== undefined && options !== null && !isObject(options)) {
    fields.push({ path: 'stream_options', reason: 'must be an object' });
  }

  if (fields.length > 0) {
    throw new AppError('request_invalid', {
      detail: fields.map(({ path, reason }) => `'${path}' ${reason}`).join('; ') + '.',
      fields,
    });
  }
  return {
    body,
    bytes,
    model: model as string,
    isStream: stream === true,
    wantsUsage: isObject(options) && options['include_usage'] === true,
  };
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new AppError('request_malformed_json', {
      detail: bytes.length === 0 ? 'The body is empty; send a JSON object.' : 'The body is not valid JSON.',
      cause: error,
    });
  }
  if (!isObject(value)) {
    throw new AppError('request_invalid', { detail: 'The body must be a JSON object.' });
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}
