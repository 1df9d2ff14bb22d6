/** Where a stream reports its usage; `after_final` is OpenAI's own: an extra chunk without choices, only when asked for. */
export const USAGE_POSITIONS = ['first', 'middle', 'final', 'after_final', 'absent'] as const;
export type UsagePosition = (typeof USAGE_POSITIONS)[number];

/**
 * Ways a provider goes wrong below HTTP. `*_midway` applies after {@link Behaviour.failAfterChunks} chunks of a
 * stream, or after half of a JSON body.
 */
export const FAILURES = [
  'hang',
  'hang_midway',
  'cut',
  'cut_midway',
  'malformed',
  'error_event',
  'slow_headers',
] as const;
export type Failure = (typeof FAILURES)[number];

/** The function that a tool-call answer names; missing parts come from the first tool of the request. */
export interface ToolCallBehaviour {
  readonly name?: string;
  readonly arguments?: Record<string, unknown>;
}

/** Everything that can be asked of one simulated call. Null means: not asked for, the simulator decides. */
export interface Behaviour {
  /** Before the first byte, headers included. */
  readonly latencyMs: number;
  /** Between the headers of a stream and its first chunk. */
  readonly firstChunkMs: number;
  readonly chunkIntervalMs: number;
  /** Content chunks per choice of a stream. */
  readonly chunks: number | null;
  /** Per choice, reasoning included. */
  readonly completionTokens: number | null;
  readonly promptTokens: number | null;
  /** Part of the prompt tokens. */
  readonly cachedTokens: number;
  /** Part of the completion tokens, per choice. */
  readonly reasoningTokens: number;
  readonly usagePosition: UsagePosition;
  /** Lets a misbehaving provider produce more than the caller allowed. */
  readonly ignoresMaxTokens: boolean;
  /** Answer with this HTTP error instead of a completion. */
  readonly status: number | null;
  readonly retryAfterS: number;
  readonly failure: Failure | null;
  readonly failAfterChunks: number;
  /** Destroys the keep-alive socket after the answer without having announced it. */
  readonly closesSocket: boolean;
  readonly toolCall: ToolCallBehaviour | null;
  /** What is different for calls of one model, by its name: a gateway may send the same messages to several. */
  readonly perModel: DifferencesBy | null;
  /** What is different for calls with one bearer token, as for {@link perModel}: several providers may be this one. */
  readonly perApiKey: DifferencesBy | null;
}

/** Differences from the behaviour that they stand in, by what makes the difference. */
export type DifferencesBy = Readonly<Record<string, Partial<Behaviour>>>;

/** What a call gets when nobody asks for anything. */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  latencyMs: 0,
  firstChunkMs: 0,
  chunkIntervalMs: 0,
  chunks: null,
  completionTokens: null,
  promptTokens: null,
  cachedTokens: 0,
  reasoningTokens: 0,
  usagePosition: 'after_final',
  ignoresMaxTokens: false,
  status: null,
  retryAfterS: 1,
  failure: null,
  failAfterChunks: 2,
  closesSocket: false,
  toolCall: null,
  perModel: null,
  perApiKey: null,
};

/** A directive that the simulator does not understand; silently ignoring it would make a test prove nothing. */
export class BehaviourError extends Error {
  override readonly name = 'BehaviourError';
}

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isCountOrNull: Check = (value) => value === null || isCount(value);
const isMs: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= 3_600_000;
const isBoolean: Check = (value) => typeof value === 'boolean';

const checks: { readonly [Field in keyof Behaviour]: readonly [Check, string] } = {
  latencyMs: [isMs, 'milliseconds'],
  firstChunkMs: [isMs, 'milliseconds'],
  chunkIntervalMs: [isMs, 'milliseconds'],
  chunks: [(value) => value === null || (isCount(value) && (value as number) >= 1), 'a count of 1 or more, or null'],
  completionTokens: [isCountOrNull, 'a count or null'],
  promptTokens: [isCountOrNull, 'a count or null'],
  cachedTokens: [isCount, 'a count'],
  reasoningTokens: [isCount, 'a count'],
  usagePosition: [(value) => USAGE_POSITIONS.some((name) => name === value), USAGE_POSITIONS.join(' | ')],
  ignoresMaxTokens: [isBoolean, 'a boolean'],
  status: [
    (value) => value === null || (isCount(value) && (value as number) >= 400 && (value as number) <= 599),
    '400..599 or null',
  ],
  retryAfterS: [isCount, 'seconds'],
  failure: [(value) => value === null || FAILURES.some((name) => name === value), `${FAILURES.join(' | ')} | null`],
  failAfterChunks: [isCount, 'a count'],
  closesSocket: [isBoolean, 'a boolean'],
  toolCall: [isToolCall, 'true, {name?, arguments?} or null'],
  perModel: [isObjectOrNull, 'behaviours by model, or null'],
  perApiKey: [isObjectOrNull, 'behaviours by bearer token, or null'],
};

function isObjectOrNull(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value);
}

function isToolCall(value: unknown): boolean {
  if (value === null || value === true) return true;
  if (typeof value !== 'object') return false;
  const { name, arguments: args } = value as Record<string, unknown>;
  return (
    (name === undefined || typeof name === 'string') &&
    (args === undefined || (typeof args === 'object' && args !== null))
  );
}

/**
 * Checks a directive from outside.
 *
 * @throws {BehaviourError} for an unknown field or a value that the field cannot have
 */
export function parseBehaviour(raw: unknown): Partial<Behaviour> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new BehaviourError('A behaviour must be a JSON object.');
  }
  const parsed: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(raw)) {
    if (!Object.hasOwn(checks, field)) {
      throw new BehaviourError(`Unknown behaviour "${field}". Known: ${Object.keys(checks).join(', ')}.`);
    }
    const [isValid, expected] = checks[field as keyof Behaviour];
    if (!isValid(value)) throw new BehaviourError(`Behaviour "${field}" must be ${expected}.`);
    parsed[field] = parsedValue(field, value);
  }
  return parsed;
}

function parsedValue(field: string, value: unknown): unknown {
  if (field === 'toolCall' && value === true) return {};
  if (value === null || (field !== 'perModel' && field !== 'perApiKey')) return value;
  return Object.fromEntries(Object.entries(value as object).map(([name, raw]) => [name, parseBehaviour(raw)]));
}

/** The behaviour of one call, with what is different for its model and its bearer token. */
export function behaviourFor(behaviour: Behaviour, model: string, apiKey: string): Behaviour {
  if (behaviour.perModel === null && behaviour.perApiKey === null) return behaviour;
  return { ...behaviour, ...behaviour.perModel?.[model], ...behaviour.perApiKey?.[apiKey] };
}

const DIRECTIVE_MARK = 'sim:{';

/** Whether a request body can hold a directive at all. Quotes inside are escaped there, the mark is not. */
export function mayHoldDirective(rawBody: string): boolean {
  return rawBody.includes(DIRECTIVE_MARK);
}

/** Reads `sim:{…}` from a text, undefined when there is none. */
export function directiveIn(text: string): Partial<Behaviour> | undefined {
  const mark = text.indexOf(DIRECTIVE_MARK);
  if (mark === -1) return undefined;
  const start = mark + DIRECTIVE_MARK.length - 1;
  const end = endOfObject(text, start);
  if (end === -1) throw new BehaviourError('The sim: directive has no closing brace.');
  let raw: unknown;
  try {
    raw = JSON.parse(text.slice(start, end));
  } catch {
    throw new BehaviourError(`The sim: directive is not JSON: ${text.slice(start, end)}`);
  }
  return parseBehaviour(raw);
}

/** Index after the brace that closes the object at `start`; braces inside strings do not count. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let index = start; index < text.length; index += 1) {
    const char = text[index];
    if (isInString) {
      if (char === '\\') index += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}
