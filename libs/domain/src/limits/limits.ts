import type { Window, WindowSpec } from '../time/window.js';

/** What a limit counts. */
export type LimitUnit =
  | 'requests'
  | 'tokens'
  | 'input_tokens'
  | 'output_tokens'
  | 'concurrent_requests'
  | 'nano_usd'
  | 'credits'
  | 'micro_credits';

/** Whose limit it is, in the order in which limits decide. */
export const LIMIT_ENTITIES = [
  'model_config',
  'provider_config',
  'virtual_key',
  'shared_budget',
  'team',
  'customer',
] as const;

/** Whose limit it is. */
export type LimitEntity = (typeof LIMIT_ENTITIES)[number];

/** What happens to a call that a limit has no room for: refused unless the limit says otherwise. */
export type OnExceed = 'deny' | 'clamp' | 'fallback' | 'shadow';

/** A cap that is higher for a while. */
export interface CapRaise {
  /** Decimal integer in the limit's unit, added to the cap. */
  readonly amount: string;
  readonly fromMs: number;
  /** Half-open: the raise is over at this instant. */
  readonly untilMs: number;
}

/** One cap on one entity: a budget, or one of the limits that a rate limit consists of. */
export interface LimitSpec {
  /** The unit's letter (see {@link limitKey}) and the base-36 number of the row: `c1z`. */
  readonly key: string;
  /** Id of the budget or rate limit, as the API names it. */
  readonly limitId: string;
  readonly unit: LimitUnit;
  readonly entity: LimitEntity;
  readonly entityId: string;
  readonly entityName: string;
  /** Decimal integer in the unit; may exceed 2^63. */
  readonly cap: string;
  /** Raised by a usage reset: counting starts anew, the old counters stay as history. */
  readonly generation: number;
  readonly window: WindowSpec;
  /** The duration as the operator wrote it, for explanations. */
  readonly durationText: string;
  /** Absent: every call. Otherwise only calls to this provider, to this model, or to both. */
  readonly match?: { readonly provider?: string; readonly model?: string };
  /** Absent: deny. */
  readonly onExceed?: Exclude<OnExceed, 'deny'>;
  /** Where {@link onExceed} is `fallback`: the model, with its provider, that is called instead. */
  readonly fallbackModel?: string;
  /** Temporary raises that have not ended, in any order. */
  readonly raises?: readonly CapRaise[];
  /**
   * Present: what the window before left of `cap` may be spent in this one as well, up to this. Decimal integer. What
   * was carried over is not carried on.
   */
  readonly rolloverMax?: string;
}

/** What a call takes from the limits, one amount per unit. */
export interface CallAmounts {
  readonly requests: number;
  readonly tokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** 1 while the call is in flight; nothing of it is left once it is settled. */
  readonly concurrentRequests: number;
  /** What the provider bills. */
  readonly costNanoUsd: bigint;
  /** What the client pays for it. Limits count the cost; credits count this. */
  readonly clientCostNanoUsd: bigint;
  /** Credits of a call that is not part of a job; 0 for one that is, and where there are no credits. */
  readonly credits: bigint;
  /** What a call adds to its job, in millionths of a credit; 0 for a call without one. */
  readonly microCredits: bigint;
}

/** What a call that was never made takes. */
export const NO_AMOUNTS: CallAmounts = Object.freeze({
  requests: 0,
  tokens: 0,
  inputTokens: 0,
  outputTokens: 0,
  concurrentRequests: 0,
  costNanoUsd: 0n,
  clientCostNanoUsd: 0n,
  credits: 0n,
  microCredits: 0n,
});

const LETTER_BY_UNIT: Readonly<Record<LimitUnit, string>> = {
  requests: 'q',
  tokens: 't',
  input_tokens: 'i',
  output_tokens: 'o',
  concurrent_requests: 'n',
  nano_usd: 'c',
  credits: 'k',
  micro_credits: 'm',
};
const UNIT_BY_LETTER: Readonly<Record<string, LimitUnit>> = Object.fromEntries(
  Object.entries(LETTER_BY_UNIT).map(([unit, letter]) => [letter, unit as LimitUnit]),
);
const COUNTER_ID = /^([qtionckm][0-9a-z]+)\.(\d+)\.(-?[0-9a-z]+)$/;

/**
 * Builds {@link LimitSpec.key}: q requests, t tokens, i input, o output, n concurrent, c nano-dollars, k credits, m
 * millionths of a credit.
 */
export function limitKey(unit: LimitUnit, seq: bigint | number): string {
  return LETTER_BY_UNIT[unit] + seq.toString(36);
}

/** The unit that a limit key or counter id counts in. @throws RangeError for a text that is neither. */
export function unitOfKey(key: string): LimitUnit {
  const unit = UNIT_BY_LETTER[key.charAt(0)];
  if (unit === undefined) throw new RangeError(`Not a limit key: "${key.slice(0, 80)}"`);
  return unit;
}

/** Hot path: writing a time in base 36 costs more than the rest of the id, and it changes once per window. */
const lastCounterOf = new WeakMap<LimitSpec, { readonly startMs: number; readonly id: string }>();

/** Names the counter of a limit in one window: nothing is ever reset, the next window is another counter. */
export function counterId(limit: LimitSpec, window: Window): string {
  const last = lastCounterOf.get(limit);
  if (last !== undefined && last.startMs === window.startMs) return last.id;
  const id = counterIdOf(limit.key, limit.generation, window.startMs);
  lastCounterOf.set(limit, { startMs: window.startMs, id });
  return id;
}

/** {@link counterId} from its parts. */
export function counterIdOf(key: string, generation: number, windowStartMs: number): string {
  return `${key}.${generation}.${windowStartMs.toString(36)}`;
}

/** Reverse of {@link counterId}. @throws RangeError for a text that is no counter id. */
export function parseCounterId(id: string): {
  limitKey: string;
  unit: LimitUnit;
  generation: number;
  windowStartMs: number;
} {
  const match = COUNTER_ID.exec(id);
  if (match === null) throw new RangeError(`Not a counter id: "${id.slice(0, 80)}"`);
  const [, key = '', generation, startText = ''] = match;
  return {
    limitKey: key,
    unit: unitOfKey(key),
    generation: Number(generation),
    windowStartMs: Number.parseInt(startText, 36),
  };
}

/** The part of a call's amounts that a limit of this unit counts. */
export function amountFor(unit: LimitUnit, amounts: CallAmounts): bigint {
  switch (unit) {
    case 'requests':
      return BigInt(amounts.requests);
    case 'tokens':
      return BigInt(amounts.tokens);
    case 'input_tokens':
      return BigInt(amounts.inputTokens);
    case 'output_tokens':
      return BigInt(amounts.outputTokens);
    case 'concurrent_requests':
      return BigInt(amounts.concurrentRequests);
    case 'nano_usd':
      return amounts.costNanoUsd;
    case 'credits':
      return amounts.credits;
    case 'micro_credits':
      return amounts.microCredits;
  }
}

/** Whether a limit applies to calls of a provider's model. */
export function appliesTo({ match }: LimitSpec, provider: string, model: string): boolean {
  if (match === undefined) return true;
  return (
    (match.provider === undefined || match.provider === provider) &&
    (match.model === undefined || match.model === model)
  );
}
