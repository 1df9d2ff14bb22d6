import { type LimitSpec, planLimits, type Standing, standingsOf, type Window } from '@penstock/domain';

import type { Usage } from './live-usage.js';

/** How far one limit is used up, and in which window. */
export interface LimitReading extends Standing {
  readonly window: Window;
}

/** The counters that a reading of the limit needs. */
export function countersToRead(spec: LimitSpec, nowMs: number): readonly string[] {
  return planLimits([spec], 0, nowMs).counterIds;
}

/** Reads a limit off the counters, with the rules that gateways enforce it by. */
export function readLimit(spec: LimitSpec, usage: Usage, nowMs: number): LimitReading {
  const plan = planLimits([spec], 0, nowMs);
  const totals = plan.counterIds.map((counterId) => usage.get(counterId) ?? 0n);
  const [standing] = standingsOf(plan, totals);
  const [window] = plan.windows;
  if (standing === undefined || window === undefined) throw new Error('A plan of one limit has one standing.');
  return { ...standing, window };
}
