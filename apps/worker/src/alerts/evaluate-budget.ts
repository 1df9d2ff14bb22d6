import { forecastExhaustion, reachedThresholds, type Window } from '@penstock/domain';
import type { AlertOwner } from '@penstock/entities';
import type { NewBudgetAlert } from '@penstock/management';

/** A budget in its current window, and what has been settled in it. */
export interface BudgetState {
  readonly budgetId: string;
  readonly tenantId: string;
  readonly limitKey: string;
  readonly generation: number;
  readonly window: Window;
  readonly usedNanoUsd: bigint;
  /** What is allowed now, with raises and what was carried over. */
  readonly capNanoUsd: bigint;
  /** Percents of the cap. */
  readonly thresholds: readonly number[];
  readonly owners: readonly AlertOwner[];
}

/** Everything there is to say about a budget now, whether or not it was said before. */
export function evaluateBudget(budget: BudgetState, nowMs: number): NewBudgetAlert[] {
  const { window, usedNanoUsd, capNanoUsd, thresholds, budgetId, tenantId, limitKey, generation, owners } = budget;
  const common = {
    budgetId,
    tenantId,
    limitKey,
    generation,
    windowStartAt: new Date(window.startMs),
    windowEndAt: new Date(window.endMs),
    usedNanoUsd,
    capNanoUsd,
    owners: [...owners],
  };
  const alerts: NewBudgetAlert[] = reachedThresholds(usedNanoUsd, capNanoUsd, thresholds).map((thresholdPercent) => ({
    ...common,
    kind: 'threshold',
    thresholdPercent,
    exhaustsAt: null,
  }));
  const exhaustsAtMs = forecastExhaustion({ window, usedNanoUsd, capNanoUsd, nowMs });
  if (exhaustsAtMs !== undefined) {
    alerts.push({ ...common, kind: 'forecast', thresholdPercent: null, exhaustsAt: new Date(exhaustsAtMs) });
  }
  return alerts;
}
