import type { CounterPlan } from '@penstock/platform';
import { counterId, type LimitSpec, type LimitUnit, windowAt, type Window } from '@penstock/domain';

/** The limits of one snapshot, resolved to the counters of the windows that are current in [validFromMs, validUntilMs). */
export interface LimitPlan extends CounterPlan {
  readonly limits: readonly LimitSpec[];
  readonly windows: readonly Window[];
  readonly units: readonly LimitUnit[];
  /** True when money is limited anywhere on the path: then a call without a price is refused. */
  readonly hasBudget: boolean;
}

/** Plans the limits for `nowMs`. The plan holds until the first of their windows ends. */
export function planLimits(limits: readonly LimitSpec[], epoch: number, nowMs: number): LimitPlan {
  let validFromMs = 0;
  let validUntilMs = Number.MAX_SAFE_INTEGER;
  const windows = limits.map((limit) => {
    const window = windowAt(limit.window, nowMs);
    if (window.startMs > validFromMs) validFromMs = window.startMs;
    if (window.endMs < validUntilMs) validUntilMs = window.endMs;
    return window;
  });
  return {
    epoch,
    validFromMs,
    validUntilMs,
    limits,
    windows,
    units: limits.map((limit) => limit.unit),
    counterIds: limits.map((limit, index) => counterId(limit, windows[index]!)),
    caps: limits.map((limit) => limit.cap),
    hasBudget: limits.some((limit) => limit.unit === 'nano_usd'),
  };
}
