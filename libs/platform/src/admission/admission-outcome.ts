import type { CallAmounts, LimitPlan } from '@penstock/domain';

/** Amounts per unit as decimal integers, in the order in which the script numbers the units. */
export interface UnitAmounts {
  readonly requests: string;
  readonly tokens: string;
  readonly costNanoUsd: string;
  readonly inputTokens: string;
  readonly outputTokens: string;
  readonly concurrentRequests: string;
  readonly credits: string;
  readonly microCredits: string;
}

/** What a call takes. */
export function unitAmounts(amounts: CallAmounts): UnitAmounts {
  return {
    requests: String(amounts.requests),
    tokens: String(amounts.tokens),
    costNanoUsd: amounts.costNanoUsd.toString(),
    inputTokens: String(amounts.inputTokens),
    outputTokens: String(amounts.outputTokens),
    concurrentRequests: String(amounts.concurrentRequests),
    credits: String(amounts.credits),
    microCredits: String(amounts.microCredits),
  };
}

/** Actual minus held. */
export function unitDeltas(held: CallAmounts, actual: CallAmounts): UnitAmounts {
  return {
    requests: String(actual.requests - held.requests),
    tokens: String(actual.tokens - held.tokens),
    costNanoUsd: (actual.costNanoUsd - held.costNanoUsd).toString(),
    inputTokens: String(actual.inputTokens - held.inputTokens),
    outputTokens: String(actual.outputTokens - held.outputTokens),
    concurrentRequests: String(actual.concurrentRequests - held.concurrentRequests),
    credits: String(actual.credits - held.credits),
    microCredits: String(actual.microCredits - held.microCredits),
  };
}

/**
 * What the calls of one policy share while its windows last, as the script needs it. Calls that pass the same object
 * travel together at little more than the price of one. Server time must lie in [validFromMs, validUntilMs): the span
 * in which the counters are those of the current windows.
 */
export type CounterPlan = Pick<
  LimitPlan,
  'epoch' | 'validFromMs' | 'validUntilMs' | 'chargedIds' | 'counterIds' | 'caps' | 'history' | 'rollovers'
>;

/** The counters of a plan; for a settlement only those that were charged. */
export type ChargedCounters = Pick<CounterPlan, 'chargedIds'> & Partial<CounterPlan>;

/** One call that asks for room. */
export interface ReserveOp {
  readonly holdId: string;
  /** {@link HoldRecord} as JSON: what the sweeper needs to end the hold without its owner. */
  readonly holdRecord: string;
  readonly plan: CounterPlan;
  readonly amounts: UnitAmounts;
}

/** What became of a {@link ReserveOp}. `totals` are settled + held, one per counter id of the plan, just after. */
export type ReserveOutcome =
  | { readonly status: 'admitted'; readonly totals: readonly string[] }
  | { readonly status: 'refused'; readonly totals: readonly string[] }
  | { readonly status: 'stale'; readonly epoch: number }
  | { readonly status: 'not_loaded' }
  /** The job that the call is part of has ended, or never was. */
  | { readonly status: 'job_not_open' }
  | { readonly status: 'window_moved'; readonly serverNowMs: number };

/** The end of one hold. */
export interface SettleOp {
  readonly holdId: string;
  /** Tag character and {@link UsageRecord} as JSON; empty to release the hold without an account. */
  readonly outboxEntry: string;
  /** The counters that the hold was taken from; the plan itself, where it is at hand. */
  readonly plan: ChargedCounters;
  /** Actual minus held. */
  readonly deltas: UnitAmounts;
}

/** `missing`: the hold had ended before; the counters were not touched again. */
export type SettleOutcome = 'settled' | 'missing';

/** Reads the reply of the admission script to one reservation. */
export function parseReserveReply(reply: string, totals: () => readonly string[]): ReserveOutcome {
  switch (reply.charCodeAt(0)) {
    case 0x41: // A
      return { status: 'admitted', totals: totals() };
    case 0x52: // R
      return { status: 'refused', totals: totals() };
    case 0x53: // S
      return { status: 'stale', epoch: Number(reply.slice(2)) };
    case 0x57: // W
      return { status: 'window_moved', serverNowMs: Number(reply.slice(2)) };
    case 0x4a: // J
      return { status: 'job_not_open' };
    case 0x55: // U
      return { status: 'not_loaded' };
    default:
      throw new Error(`the admission script answered something unknown: ${reply.slice(0, 40)}`);
  }
}
