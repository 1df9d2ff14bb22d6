/** A positive whole number of milliseconds. */
export type DurationMs = number;

/** A duration text that the grammar does not allow; the message names the text and the grammar. */
export class DurationError extends Error {
  override readonly name = 'DurationError';

  constructor(text: string, reason: string) {
    super(
      `"${text.slice(0, 80)}" is not a valid duration: ${reason}. Use a number with d, w, M (30 days) or Y (365 days), ` +
        'such as "1d" or "1.5M", or units ns us ms s m h in sequence, such as "30s" or "1h30m".',
    );
  }
}

const DAY_NS = 86_400_000_000_000n;

const CALENDAR_LIKE_NS: Readonly<Record<string, bigint>> = {
  d: DAY_NS,
  w: 7n * DAY_NS,
  M: 30n * DAY_NS,
  Y: 365n * DAY_NS,
};

const GO_UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  // Micro sign and Greek mu: both are in use.
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Durations are int64 nanoseconds in Go, about 292 years; the grammar's reference refuses more, so do we. */
const DURATION_NS_MAX = 2n ** 63n - 1n;
const TEXT_LENGTH_MAX = 64;

const CALENDAR_LIKE = /^\+?(\d+\.?\d*|\.\d+)([dwMY])$/;
const GO_TERM = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;

/**
 * Reads a reset duration of the governance contract: `30s`, `1h30m`, `1d`, `1M`.
 * Fractions finer than a millisecond are cut off.
 *
 * @throws DurationError for every other text, and for durations below one millisecond.
 */
export function parseDuration(text: string): DurationMs {
  if (text === '') throw new DurationError(text, 'it is empty');
  if (text.length > TEXT_LENGTH_MAX) throw new DurationError(text, 'it is too long');
  if (text.startsWith('-')) throw new DurationError(text, 'it must be positive');
  const calendarLike = CALENDAR_LIKE.exec(text);
  const nanoseconds =
    calendarLike === null
      ? goNanoseconds(text)
      : multiply(calendarLike[1] ?? '', CALENDAR_LIKE_NS[calendarLike[2] ?? ''] ?? 0n);
  if (nanoseconds > DURATION_NS_MAX) throw new DurationError(text, 'it is longer than 292 years');
  const durationMs = Number(nanoseconds / 1_000_000n);
  if (durationMs < 1) throw new DurationError(text, 'it is shorter than one millisecond');
  return durationMs;
}

function goNanoseconds(text: string): bigint {
  let total = 0n;
  let position = text.startsWith('+') ? 1 : 0;
  if (position === text.length) throw new DurationError(text, 'it has no number');
  while (position < text.length) {
    GO_TERM.lastIndex = position;
    const term = GO_TERM.exec(text);
    if (term === null) throw new DurationError(text, `"${text.slice(position)}" is not a number with a unit`);
    total += multiply(term[1] ?? '', GO_UNIT_NS[term[2] ?? ''] ?? 0n);
    position = GO_TERM.lastIndex;
  }
  return total;
}

function multiply(decimal: string, unitNs: bigint): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return (BigInt(`${whole}${fraction}` || '0') * unitNs) / 10n ** BigInt(fraction.length);
}
