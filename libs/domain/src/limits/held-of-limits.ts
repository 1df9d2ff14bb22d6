import type { LimitPlan } from './limit-plan.js';

/** What running calls hold of each limit: of a sliding window also those that began in an earlier bucket. */
export function heldOfLimits(plan: LimitPlan, heldByCounter: ReadonlyMap<string, bigint>): bigint[] {
  return plan.limits.map((_, index) => {
    const positions = [index, ...(plan.history?.[index] ?? [])];
    return positions.reduce((sum, position) => sum + (heldByCounter.get(plan.counterIds[position] ?? '') ?? 0n), 0n);
  });
}
