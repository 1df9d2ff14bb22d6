import type { FieldProblem } from '../errors/app-error.js';

/** Limits how many choices one call may ask for: each is another full answer in the worst case. */
const CHOICES_MAX = 128;

/** Members of a chat completion request that decide what a call may cost or where it goes. */
export const GOVERNED_MEMBERS = [
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

/**
 * Everything in a chat completion request that the gateway does not accept. Types are strict: a gateway that guesses
 * what a caller meant charges for guesses. What is not governed is the provider's to judge.
 */
export function chatBodyProblems(body: Readonly<Record<string, unknown>>): FieldProblem[] {
  const fields: FieldProblem[] = [];
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
  else if (!messages.every(isJsonObject)) fields.push({ path: 'messages', reason: 'must hold only objects' });

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
  if (options !== undefined && options !== null && !isJsonObject(options)) {
    fields.push({ path: 'stream_options', reason: 'must be an object' });
  }
  return fields;
}

/** A JSON object: neither null nor an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}
