import { AppError } from '@penstock/domain';
import type { BudgetEntity } from '@penstock/entities';

import { rollingWindowAt } from './limit-specs.js';

/** A budget as a request names it; absent and null mean the same. */
export interface BudgetPatch {
  readonly max_limit?: number | bigint | null;
  readonly reset_duration?: string | null;
}

/** The part of a budget that requests change. */
export type BudgetState = Pick<BudgetEntity, 'maxLimitCents' | 'resetDuration' | 'anchorAt' | 'generation'>;

/** What a request does to a budget. */
export type BudgetChange =
  | { readonly kind: 'none' }
  | { readonly kind: 'create'; readonly state: BudgetState }
  | { readonly kind: 'update'; readonly state: BudgetState }
  | { readonly kind: 'delete' };

/**
 * What a nested or direct budget patch does. A patch that names neither field removes the budget, as the contract's
 * later servers do; a new budget needs both.
 *
 * A changed duration keeps usage and `last_reset`: the windows tile on from the start of the current one, whose
 * counter is named by that start. So calls in flight still settle on the counter that they reserved.
 */
export function planBudgetChange(
  current: BudgetState | undefined,
  patch: BudgetPatch | null | undefined,
  nowMs: number,
): BudgetChange {
  if (patch === null || patch === undefined) return { kind: 'none' };
  const maxLimitCents = patch.max_limit?.toString();
  const resetDuration = patch.reset_duration ?? undefined;
  if (maxLimitCents === undefined && resetDuration === undefined) {
    return { kind: current === undefined ? 'none' : 'delete' };
  }
  if (current === undefined) {
    if (maxLimitCents === undefined || resetDuration === undefined) {
      throw new AppError('validation_failed', { detail: 'A new budget needs both max_limit and reset_duration.' });
    }
    return { kind: 'create', state: { maxLimitCents, resetDuration, anchorAt: new Date(nowMs), generation: 1 } };
  }
  const state = {
    maxLimitCents: maxLimitCents ?? current.maxLimitCents,
    resetDuration: resetDuration ?? current.resetDuration,
    anchorAt: reanchored(current.resetDuration, current.anchorAt, resetDuration, nowMs),
    generation: current.generation,
  };
  const isSame =
    isSameDecimal(state.maxLimitCents, current.maxLimitCents) && state.resetDuration === current.resetDuration;
  return isSame ? { kind: 'none' } : { kind: 'update', state };
}

/** The anchor after a change of duration: the start of the window that is current under the old one. */
export function reanchored(
  durationOld: string | null,
  anchorOld: Date,
  durationNew: string | undefined,
  nowMs: number,
): Date {
  if (durationNew === undefined || durationNew === durationOld) return anchorOld;
  if (durationOld === null) return new Date(nowMs);
  return new Date(rollingWindowAt(durationOld, anchorOld, nowMs).startMs);
}

/** PostgreSQL pads a numeric with zeros: `10` and `10.0000000` are one amount. */
function isSameDecimal(left: string, right: string): boolean {
  return trimmed(left) === trimmed(right);
}

function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
