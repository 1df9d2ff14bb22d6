import { type LimitPlan, type LimitSpec, planLimits, type Standing, standingsOf, type Window } from '@penstock/domain';

import type { Usage } from './live-usage.js';

/** How far one limit is used up, and in which window, by the rules that gateways enforce it by. */
export interface LimitReading extends Standing {
  readonly spec: LimitSpec;
  readonly window: Window;
}

/** A limit whose counters are known by name and not yet read. */
export class UnreadLimit {
  private readonly plan: LimitPlan;

  constructor(
    readonly spec: LimitSpec,
    nowMs: number,
  ) {
    this.plan = planLimits([spec], 0, nowMs);
  }

  /** The counters that {@link read} needs. */
  get counterIds(): readonly string[] {
    return this.plan.counterIds;
  }

  read(usage: Usage): LimitReading {
    const { plan, spec } = this;
    const totals = plan.counterIds.map((counterId) => usage.get(counterId) ?? 0n);
    const [standing] = standingsOf(plan, totals);
    const [window] = plan.windows;
    if (standing === undefined || window === undefined) throw new Error('A plan of one limit has one standing.');
    return { ...standing, spec, window };
  }
}
