import { countingSinceMs, slidingHistory, slidingReachMs, type Window, windowAt } from '../time/window.js';
import { counterId, counterIdOf, type LimitSpec, type LimitUnit, unitOfKey } from './limits.js';

/** A cap that grows by what the window before has left over. */
export interface PlannedRollover {
  /** Which limit of the plan. */
  readonly limit: number;
  /** Where in {@link LimitPlan.counterIds} the counter of the window before is. */
  readonly position: number;
  /** The cap that the rest is counted from, and the most that is carried over. Decimal integers in the unit. */
  readonly base: string;
  readonly max: string;
}

/** A job that a call is charged to, instead of to the credits of its team. */
export interface PlannedJob {
  /** Which limit of the plan are the credits, whose counter holds what the job takes. */
  readonly limit: number;
  /** Where in {@link LimitPlan.counterIds} the counter of the job is. */
  readonly position: number;
}

/** Limits resolved to the counters of the windows that are current in [validFromMs, validUntilMs). */
export interface LimitPlan {
  readonly epoch: number;
  readonly validFromMs: number;
  readonly validUntilMs: number;
  readonly limits: readonly LimitSpec[];
  /** Of the limits, index by index; of a sliding window the current bucket. */
  readonly windows: readonly Window[];
  readonly units: readonly LimitUnit[];
  /** The counters that a call is charged to, one per limit, then that of its job. */
  readonly chargedIds: readonly string[];
  /** {@link chargedIds}, then the counters that are only read. The same array where nothing is only read. */
  readonly counterIds: readonly string[];
  /** Caps in force, raises included and rollover not. */
  readonly statedCaps: readonly string[];
  /** Caps that admission enforces: as stated, but none for a limit in shadow mode. */
  readonly caps: readonly string[];
  /** Positions of the counters that a limit's usage consists of besides its charged one; undefined when none has any. */
  readonly history?: readonly (readonly number[])[];
  /** Undefined when no limit of the plan carries anything over. */
  readonly rollovers?: readonly PlannedRollover[];
  /** Positions of the limits in shadow mode; undefined when there is none. */
  readonly shadows?: readonly number[];
  /** Present: the call is part of a job, which is charged together; see {@link withJob}. */
  readonly job?: PlannedJob;
  /** True when money is limited anywhere on the path: then a call without a price is refused. */
  readonly hasBudget: boolean;
}

/** How far a limit is used up. */
export interface Standing {
  /** Settled + held, in the unit. */
  readonly used: bigint;
  /** What is in force now, rollover included. */
  readonly cap: bigint;
}

/** More than any counter can hold: nothing is refused by it. The admission script is exact up to 9e24. */
const NO_CAP = '9'.repeat(24);

/** Plans limits for `nowMs`. The plan holds until the first of their windows, buckets or raises ends. */
export function planLimits(limits: readonly LimitSpec[], epoch: number, nowMs: number): LimitPlan {
  const span = { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER };
  const windows = limits.map((limit) => {
    const window = windowAt(limit.window, nowMs);
    narrow(span, window.startMs, window.endMs);
    return window;
  });
  const statedCaps = limits.map((limit) => capAt(limit, nowMs, span));
  const chargedIds = limits.map((limit, index) => counterId(limit, windows[index] as Window));
  const readIds: string[] = [];
  const read = (limit: LimitSpec, window: Window): number => {
    const id = counterIdOf(limit.key, limit.generation, window.startMs);
    return chargedIds.length + readIds.push(id) - 1;
  };
  const history = limits.map((limit, index) => historyOf(limit, windows[index] as Window).map((w) => read(limit, w)));
  const rollovers = limits.flatMap((limit, index) => {
    const before = windowBefore(limit, windows[index] as Window);
    if (limit.rolloverMax === undefined || before === undefined) return [];
    return [{ limit: index, position: read(limit, before), base: limit.cap, max: limit.rolloverMax }];
  });
  const shadows = limits.flatMap(({ onExceed }, index) => (onExceed === 'shadow' ? [index] : []));
  return {
    epoch,
    validFromMs: span.fromMs,
    validUntilMs: span.untilMs,
    limits,
    windows,
    units: limits.map(({ unit }) => unit),
    chargedIds,
    counterIds: readIds.length === 0 ? chargedIds : [...chargedIds, ...readIds],
    statedCaps,
    caps: statedCaps.map((cap, index) => (limits[index]?.onExceed === 'shadow' ? NO_CAP : cap)),
    ...(history.some((positions) => positions.length > 0) ? { history } : {}),
    ...(rollovers.length > 0 ? { rollovers } : {}),
    ...(shadows.length > 0 ? { shadows } : {}),
    hasBudget: limits.some(({ unit, onExceed }) => unit === 'nano_usd' && onExceed !== 'shadow'),
  };
}

/**
 * The same plan for a call of a job: it is charged to the counter of the job, and the credits to what the job then
 * takes as a whole. A plan without credits stays what it is: then jobs cost nothing.
 */
export function withJob(plan: LimitPlan, jobCounterId: string): LimitPlan {
  const limit = plan.units.indexOf('credits');
  if (limit === -1) return plan;
  const position = plan.chargedIds.length;
  const chargedIds = [...plan.chargedIds, jobCounterId];
  const later = (at: number): number => (at < position ? at : at + 1);
  return {
    ...plan,
    chargedIds,
    counterIds: [...chargedIds, ...plan.counterIds.slice(position)],
    ...(plan.history === undefined ? {} : { history: plan.history.map((positions) => positions.map(later)) }),
    ...(plan.rollovers === undefined
      ? {}
      : { rollovers: plan.rollovers.map((rollover) => ({ ...rollover, position: later(rollover.position) })) }),
    job: { limit, position },
  };
}

/** How far each limit of a plan is used up, from the totals of its counters. */
export function standingsOf(plan: LimitPlan, totals: readonly bigint[]): Standing[] {
  const totalAt = (position: number): bigint => totals[position] ?? 0n;
  return plan.limits.map((_, index) => {
    let used = totalAt(index);
    for (const position of plan.history?.[index] ?? []) used += totalAt(position);
    let cap = BigInt(plan.statedCaps[index] as string);
    for (const { limit, position, base, max } of plan.rollovers ?? []) {
      if (limit === index) cap += carriedOver(BigInt(base), BigInt(max), totalAt(position));
    }
    return { used, cap };
  });
}

/** What a window leaves to the next one: the unused part of its own cap, up to `max`. Never negative. */
export function carriedOver(base: bigint, max: bigint, usedBefore: bigint): bigint {
  const rest = base - usedBefore;
  if (rest <= 0n) return 0n;
  return rest < max ? rest : max;
}

/** What decides which counters a limit is charged to and may read. */
export type CountedLimit = Pick<LimitSpec, 'key' | 'generation' | 'window'>;

/**
 * Every counter of a limit that is charged or may be read at an instant: what must be in the store to decide. Of a
 * budget that is the window before too, whether it rolls over or not: the next policy may say that it does, and a
 * counter that is not there would look like a window that nobody used.
 */
export function countersAt(limit: CountedLimit, nowMs: number): string[] {
  const window = windowAt(limit.window, nowMs);
  const before = mayRollOver(limit) ? windowBefore(limit, window) : undefined;
  return [window, ...historyOf(limit, window), ...(before === undefined ? [] : [before])].map(({ startMs }) =>
    counterIdOf(limit.key, limit.generation, startMs),
  );
}

/** When no admission will read the counter of the window that began at `startMs` any more, in milliseconds. */
export function lastReadMs(limit: CountedLimit, startMs: number): number {
  const { window: spec } = limit;
  const { endMs } = windowAt(spec, startMs);
  if (spec.kind === 'sliding') return endMs + slidingReachMs(spec);
  return mayRollOver(limit) ? windowAt(spec, endMs).endMs : endMs;
}

/** Only budgets leave something to the next window. */
function mayRollOver({ key }: CountedLimit): boolean {
  return unitOfKey(key) === 'nano_usd';
}

function historyOf(limit: CountedLimit, bucket: Window): Window[] {
  return limit.window.kind === 'sliding' ? slidingHistory(limit.window, bucket) : [];
}

/** The window before, unless counting began after its start: a window that was not counted has nothing left over. */
function windowBefore({ window: spec }: CountedLimit, current: Window): Window | undefined {
  if (spec.kind !== 'rolling' && spec.kind !== 'calendar') return undefined;
  const before = windowAt(spec, current.startMs - 1);
  const sinceMs = countingSinceMs(spec);
  return sinceMs !== undefined && before.startMs < sinceMs ? undefined : before;
}

/** The cap with the raises that are in force; narrows the span to where that stays so. */
function capAt(limit: LimitSpec, nowMs: number, span: { fromMs: number; untilMs: number }): string {
  if (limit.raises === undefined) return limit.cap;
  let cap = BigInt(limit.cap);
  for (const { amount, fromMs, untilMs } of limit.raises) {
    if (nowMs < fromMs) narrow(span, span.fromMs, fromMs);
    else if (nowMs >= untilMs) narrow(span, untilMs, span.untilMs);
    else {
      cap += BigInt(amount);
      narrow(span, fromMs, untilMs);
    }
  }
  return cap.toString();
}

function narrow(span: { fromMs: number; untilMs: number }, fromMs: number, untilMs: number): void {
  if (fromMs > span.fromMs) span.fromMs = fromMs;
  if (untilMs < span.untilMs) span.untilMs = untilMs;
}
