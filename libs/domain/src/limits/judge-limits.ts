import { slidingBucketMs } from '../time/window.js';
import { creditsHeld } from '../credits/credit-charge.js';
import { type LimitPlan, type PlannedJob, type Standing, standingsOf } from './limit-plan.js';
import {
  amountFor,
  type CallAmounts,
  type LimitEntity,
  type LimitSpec,
  type LimitUnit,
  type OnExceed,
} from './limits.js';

/** One limit on the path of a call, as callers and operators get it. Amounts are decimal integers in the unit. */
export interface LimitReport {
  readonly entity: LimitEntity;
  readonly entity_id: string;
  readonly entity_name: string;
  /** Id of the budget or rate limit. */
  readonly limit_id: string;
  readonly unit: LimitUnit;
  /** In force now: with temporary raises and what was carried over. */
  readonly cap: string;
  /** Settled plus held by running calls. */
  readonly used: string;
  /** The part of `used` that running calls hold, where it was asked for. */
  readonly held?: string;
  readonly needed: string;
  /** Never negative: a cap lowered below the usage leaves nothing. */
  readonly remaining: string;
  /** Absent for concurrent requests, as are the two that follow. */
  readonly window?: string;
  readonly window_kind?: 'rolling' | 'sliding' | 'calendar';
  readonly window_started_at?: string;
  readonly window_ends_at?: string;
  readonly on_exceed: OnExceed;
  /** The call fits into what is left. */
  readonly fits: boolean;
  /** This limit has no room for the call, and it is enforced. */
  readonly decides: boolean;
}

/** A limit, how far it is used up, and what that means for a call. */
export interface JudgedLimit {
  readonly limit: LimitSpec;
  readonly standing: Standing;
  readonly needed: bigint;
  readonly remaining: bigint;
  /** No room, and enforced. */
  readonly isExceeded: boolean;
  /** When there will be room at the latest if nothing else is admitted; undefined when no clock tells. */
  readonly roomAtMs: number | undefined;
  readonly report: LimitReport;
}

/**
 * Judges each limit of a plan for a call.
 *
 * @param totals of the plan's counters, position by position: settled + held before this call.
 * @param held the part of each limit's usage that running calls hold, limit by limit.
 */
export function judgeLimits(
  plan: LimitPlan,
  totals: readonly bigint[],
  amounts: CallAmounts,
  nowMs: number,
  held?: readonly bigint[],
): JudgedLimit[] {
  const standings = standingsOf(plan, totals);
  return plan.limits.map((limit, index) => {
    const standing = standings[index] as Standing;
    const needed = plan.job?.limit === index ? neededByJob(plan.job, totals, amounts) : amountFor(limit.unit, amounts);
    // A call that needs nothing of a limit is not refused by it: free models work when the budget is gone.
    const fits = needed === 0n || standing.used + needed <= standing.cap;
    const isExceeded = !fits && limit.onExceed !== 'shadow';
    const remaining = standing.used >= standing.cap ? 0n : standing.cap - standing.used;
    const heldHere = held?.[index];
    return {
      limit,
      standing,
      needed,
      remaining,
      isExceeded,
      roomAtMs: whenRoom(plan, index, totals, standing, needed),
      report: {
        entity: limit.entity,
        entity_id: limit.entityId,
        entity_name: limit.entityName,
        limit_id: limit.limitId,
        unit: limit.unit,
        cap: standing.cap.toString(),
        used: standing.used.toString(),
        ...(heldHere === undefined ? {} : { held: heldHere.toString() }),
        needed: needed.toString(),
        remaining: remaining.toString(),
        ...windowOf(plan, index, nowMs),
        on_exceed: limit.onExceed ?? 'deny',
        fits,
        decides: isExceeded,
      },
    };
  });
}

/** What the job of a call would take more than it takes now. */
function neededByJob({ position }: PlannedJob, totals: readonly bigint[], { microCredits }: CallAmounts): bigint {
  const now = totals[position] ?? 0n;
  return creditsHeld(now + microCredits) - creditsHeld(now);
}

function windowOf(
  plan: LimitPlan,
  index: number,
  nowMs: number,
): Pick<LimitReport, 'window' | 'window_kind' | 'window_started_at' | 'window_ends_at'> {
  const limit = plan.limits[index] as LimitSpec;
  const { window: spec } = limit;
  if (spec.kind === 'unending') return {};
  const current = plan.windows[index] as { startMs: number; endMs: number };
  // Of a sliding window neither end stands still: it is the time up to now.
  const [startMs, endMs] =
    spec.kind === 'sliding' ? [nowMs - spec.durationMs, nowMs] : [current.startMs, current.endMs];
  return {
    window: limit.durationText,
    window_kind: spec.kind,
    window_started_at: new Date(startMs).toISOString(),
    window_ends_at: new Date(endMs).toISOString(),
  };
}

/** The instant from which `needed` fits, as far as time alone makes room. */
function whenRoom(
  plan: LimitPlan,
  index: number,
  totals: readonly bigint[],
  { used, cap }: Standing,
  needed: bigint,
): number | undefined {
  const spec = (plan.limits[index] as LimitSpec).window;
  const current = plan.windows[index] as { startMs: number; endMs: number };
  if (spec.kind === 'unending') return undefined;
  if (spec.kind !== 'sliding') return current.endMs;
  const bucketMs = slidingBucketMs(spec);
  const positions = plan.history?.[index] ?? [];
  let left = used;
  // Oldest first: each bucket's amount is given back when it stops counting, as the bucket after the newest begins.
  for (let age = positions.length; age > 0; age -= 1) {
    left -= totals[positions[age - 1] as number] ?? 0n;
    if (left + needed <= cap) return current.endMs + (positions.length - age) * bucketMs;
  }
  return current.endMs + positions.length * bucketMs;
}
