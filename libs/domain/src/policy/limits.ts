import type { Window, WindowSpec } from '../time/window.js';

/** What a limit counts. */
export type LimitUnit = 'requests' | 'tokens' | 'nano_usd';

/** Whose limit it is; also the order in which levels decide. */
export type LimitEntity = 'virtual_key' | 'team' | 'customer';

/** One cap on one entity: a budget, a token limit or a request limit. */
export interface LimitSpec {
  /** The unit's letter ('q' requests, 't' tokens, 'c' nano-dollars) and the base-36 number of the row: `c1z`. */
  readonly key: string;
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
}

/** What a call takes from the limits, one amount per unit. */
export interface CallAmounts {
  readonly requests: number;
  readonly tokens: number;
  readonly costNanoUsd: bigint;
}

const UNIT_BY_LETTER: Readonly<Record<string, LimitUnit>> = { q: 'requests', t: 'tokens', c: 'nano_usd' };
const LETTER_BY_UNIT: Readonly<Record<LimitUnit, string>> = { requests: 'q', tokens: 't', nano_usd: 'c' };
const COUNTER_ID = /^([qtc][0-9a-z]+)\.(\d+)\.(-?[0-9a-z]+)$/;

/** Builds {@link LimitSpec.key} from the number of the limit's row. */
export function limitKey(unit: LimitUnit, seq: bigint | number): string {
  return LETTER_BY_UNIT[unit] + seq.toString(36);
}

/** Hot path: writing a time in base 36 costs more than the rest of the id, and it changes once per window. */
const lastCounterOf = new WeakMap<LimitSpec, { readonly startMs: number; readonly id: string }>();

/** Names the counter of a limit in one window: nothing is ever reset, the next window is another counter. */
export function counterId(limit: LimitSpec, window: Window): string {
  const last = lastCounterOf.get(limit);
  if (last !== undefined && last.startMs === window.startMs) return last.id;
  const id = `${limit.key}.${limit.generation}.${window.startMs.toString(36)}`;
  lastCounterOf.set(limit, { startMs: window.startMs, id });
  return id;
}

/** Reverse of {@link counterId}. @throws RangeError for a text that is no counter id. */
export function parseCounterId(id: string): {
  limitKey: string;
  unit: LimitUnit;
  generation: number;
  windowStartMs: number;
} {
  const match = COUNTER_ID.exec(id);
  const key = match?.[1] ?? '';
  const unit = UNIT_BY_LETTER[key.charAt(0)];
  if (match === null || unit === undefined) throw new RangeError(`Not a counter id: "${id.slice(0, 80)}"`);
  return { limitKey: key, unit, generation: Number(match[2]), windowStartMs: Number.parseInt(match[3] ?? '', 36) };
}

/** The part of a call's amounts that a limit of this unit counts. */
export function amountFor(unit: LimitUnit, amounts: CallAmounts): bigint {
  switch (unit) {
    case 'requests':
      return BigInt(amounts.requests);
    case 'tokens':
      return BigInt(amounts.tokens);
    case 'nano_usd':
      return amounts.costNanoUsd;
  }
}
