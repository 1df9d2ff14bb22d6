import { isUtf8 } from 'node:buffer';

import { AppError } from '@penstock/domain';

import { duplicateJsonMembers } from '../upstream/json-edit.js';

/** The few facts of a chat request that the gateway needs. Everything else is the provider's to judge. */
export interface ChatFacts {
  readonly bytes: Buffer;
  readonly model: string;
  readonly isStream: boolean;
  /** True when the caller asked for the usage chunk itself. */
  readonly wantsUsage: boolean;
}

/** A request while it is being decided; its parsed body is not kept for as long as the call takes. */
export interface ChatRequest extends ChatFacts {
  readonly body: Record<string, unknown>;
}

/** Limits how many choices one call may ask for: each is another full answer in the worst case. */
const CHOICES_MAX = 128;

/** Members that decide what a call may cost or where it goes. */
const GOVERNED_MEMBERS = [
  'model',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'stream',
  'stream_options',
  'service_tier',
  'tools',
  'functions',
  'modalities',
  'prediction',
  'web_search_options',
  'prompt_cache_retention',
  'cache_control',
] as const;
const GOVERNED: ReadonlySet<string> = new Set(GOVERNED_MEMBERS);
const GOVERNED_NAME = new RegExp(`"(?:${GOVERNED_MEMBERS.join('|')})"\\s*:`, 'g');

/** An ASCII letter or underscore written as an escape: a name may be spelled so that its plain text is not there. */
const ESCAPED_LETTER = /\\u00[4-7]/;

/**
 * Reads the facts. Types are strict: a gateway that guesses what a caller meant charges for guesses.
 *
 * @throws AppError `request_malformed_json` or `request_invalid` with every offending field.
 */
export function readChatRequest(bytes: Buffer): ChatRequest {
  const text = decode(bytes);
  const body = parseObject(text);
  const fields: { path: string; reason: string }[] = duplicateMembers(bytes, text, body).map((path) => ({
    path,
    reason: 'stands more than once',
  }));
  for (const path of Object.keys(body)) {
    const name = governedNameLike(path);
    if (name !== undefined) fields.push({ path, reason: `must be written '${name}'` });
  }
  const { model, messages, stream } = body;

  if (model === undefined) fields.push({ path: 'model', reason: 'is required' });
  else if (typeof model !== 'string' || model === '')
    fields.push({ path: 'model', reason: 'must be a non-empty string' });
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

/** Bytes that are no UTF-8 read differently from parser to parser, so what was checked would not be what is served. */
function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new AppError('request_malformed_json', { detail: 'The body is not valid UTF-8.' });
  return bytes.toString('utf8');
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the prompt, so it may not reach a log.
    throw new AppError('request_malformed_json', {
      detail: text === '' ? 'The body is empty; send a JSON object.' : 'The body is not valid JSON.',
    });
  }
  if (!isObject(value)) {
    throw new AppError('request_malformed_json', { detail: 'The body must be a JSON object.' });
  }
  return value;
}

/**
 * Governed members that stand twice. This parser takes the last, a provider may take the first: the call that is
 * reserved would not be the call that is made.
 *
 * Hot path: the bytes are walked only when the text leaves room for a second spelling.
 */
function duplicateMembers(bytes: Buffer, text: string, body: Record<string, unknown>): string[] {
  const isSuspicious = ESCAPED_LETTER.test(text) || countGovernedNames(text) > countGovernedMembers(body);
  return isSuspicious ? duplicateJsonMembers(bytes, GOVERNED_MEMBERS) : [];
}

/**
 * The governed member that a provider would read this one as if it does not mind the case, as servers written in Go
 * do not: `Max_Tokens` would then overrule the `max_tokens` that was reserved for.
 */
function governedNameLike(name: string): string | undefined {
  if (GOVERNED.has(name)) return undefined;
  // Upper case first: it also folds the letters that only have an upper case of ASCII, such as the long s.
  const folded = name.toUpperCase().toLowerCase();
  return GOVERNED.has(folded) ? folded : undefined;
}

/** At any depth; one pass of one pattern costs a fraction of a search per name. */
function countGovernedNames(text: string): number {
  let count = 0;
  GOVERNED_NAME.lastIndex = 0;
  while (GOVERNED_NAME.test(text)) count += 1;
  return count;
}

function countGovernedMembers(body: Record<string, unknown>): number {
  let count = 0;
  for (const name of GOVERNED_MEMBERS) if (body[name] !== undefined) count += 1;
  return count;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}
