/** One call that asks for room. Amounts and caps are decimal integers in the unit of their counter. */
export interface ReserveOp {
  readonly holdId: string;
  /** {@link HoldRecord} as JSON: what the sweeper needs to end the hold without its owner. */
  readonly holdRecord: string;
  /** Epoch of the snapshot that the caller decided from. */
  readonly epoch: number;
  /** Server time must lie in [validFromMs, validUntilMs): the span in which `counterIds` name the current windows. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly counterIds: readonly string[];
  readonly amounts: readonly string[];
  readonly caps: readonly string[];
}

/** What became of a {@link ReserveOp}. `totals` are settled + held, one per counter, in the order asked. */
export type ReserveOutcome =
  | { readonly status: 'admitted'; readonly totals: readonly string[] }
  | { readonly status: 'refused'; readonly totals: readonly string[] }
  | { readonly status: 'stale'; readonly epoch: number }
  | { readonly status: 'not_loaded' }
  | { readonly status: 'window_moved'; readonly serverNowMs: number };

/** The end of one hold. */
export interface SettleOp {
  readonly holdId: string;
  /** Tag character and {@link UsageRecord} as JSON; empty to release the hold without an account. */
  readonly outboxEntry: string;
  readonly counterIds: readonly string[];
  /** Actual minus held, one decimal integer per counter. */
  readonly deltas: readonly string[];
}

/** `missing`: the hold had ended before; the counters were not touched again. */
export type SettleOutcome =
  | { readonly status: 'settled'; readonly totals: readonly string[] }
  | { readonly status: 'missing' };

/** Reads one reservation reply of the admission script. */
export function parseReserveReply(reply: string): ReserveOutcome {
  const parts = reply.split(',');
  switch (parts[0]) {
    case 'A':
      return { status: 'admitted', totals: parts.slice(1) };
    case 'R':
      return { status: 'refused', totals: parts.slice(1) };
    case 'S':
      return { status: 'stale', epoch: Number(parts[1]) };
    case 'W':
      return { status: 'window_moved', serverNowMs: Number(parts[1]) };
    case 'U':
      return { status: 'not_loaded' };
    default:
      throw new Error(`the admission script answered something unknown: ${reply.slice(0, 40)}`);
  }
}

/** Reads one settlement reply of the admission script. */
export function parseSettleReply(reply: string): SettleOutcome {
  if (reply === '0') return { status: 'missing' };
  return { status: 'settled', totals: reply.split(',').slice(1) };
}
