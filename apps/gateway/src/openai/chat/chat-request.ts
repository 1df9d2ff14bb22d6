import { isUtf8 } from 'node:buffer';

import { AppError, chatBodyProblems, GOVERNED_MEMBERS, isJsonObject } from '@penstock/domain';

import { duplicateJsonMembers } from '../../upstream/json-edit.js';

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

const GOVERNED_NAME = new RegExp(`"(?:${GOVERNED_MEMBERS.join('|')})"\\s*:`, 'g');

/** An ASCII letter or underscore written as an escape: a name may be spelled so that its plain text is not there. */
const ESCAPED_LETTER = /\\u00[4-7]/;

/**
 * Reads the facts; what is acceptable is {@link chatBodyProblems}'s to say, but for what only the bytes show.
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
  fields.push(...chatBodyProblems(body));
  if (fields.length > 0) {
    throw new AppError('request_invalid', {
      detail: fields.map(({ path, reason }) => `'${path}' ${reason}`).join('; ') + '.',
      fields,
    });
  }
  const options = body['stream_options'];
  return {
    body,
    bytes,
    model: body['model'] as string,
    isStream: body['stream'] === true,
    wantsUsage: isJsonObject(options) && options['include_usage'] === true,
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
  if (!isJsonObject(value)) {
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
