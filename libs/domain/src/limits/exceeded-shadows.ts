import { type LimitPlan, standingsOf } from './limit-plan.js';
import { amountFor, type CallAmounts, type LimitSpec } from './limits.js';

/** A limit in shadow mode that an admitted call has no room in. */
export interface ExceededShadow {
  readonly limit: LimitSpec;
  /** When this may be worth saying again: its window has ended. */
  readonly untilMs: number;
}

const NONE: readonly ExceededShadow[] = [];
/** A limit without windows (concurrent requests) has no end that could be waited for. */
const UNENDING_MS = 60_000;

/**
 * The shadow limits that would have refused an admitted call if they were enforced.
 *
 * @param totals of the plan's counters just after admission: settled + held, this call included.
 */
export function exceededShadows(
  plan: LimitPlan,
  totals: readonly string[],
  amounts: CallAmounts,
  nowMs: number,
): readonly ExceededShadow[] {
  if (plan.shadows === undefined) return NONE;
  const standings = standingsOf(plan, totals.map(BigInt));
  return plan.shadows.flatMap((index) => {
    const limit = plan.limits[index] as LimitSpec;
    const { used, cap } = standings[index] as { used: bigint; cap: bigint };
    if (used <= cap || amountFor(limit.unit, amounts) === 0n) return [];
    return [{ limit, untilMs: windowEndMs(plan, index, nowMs) }];
  });
}

function windowEndMs(plan: LimitPlan, index: number, nowMs: number): number {
  const { window } = plan.limits[index] as LimitSpec;
  if (window.kind === 'unending') return nowMs + UNENDING_MS;
  return window.kind === 'sliding' ? nowMs + window.durationMs : (plan.windows[index]?.endMs ?? nowMs);
}
