import {
  AppError,
  calendarUnitOf,
  DurationError,
  type OnExceed,
  type TenantCalendar,
  windowAt,
  windowSpecOf,
} from '@penstock/domain';
import type { BudgetEntity } from '@penstock/entities';

import { exceedAfter } from './exceed-after.js';
import { isAbsent, type PlannedChange } from './planned-change.js';
import { refuseTooShort } from './window-floor.js';

/** A budget as a request names it; absent and null mean the same. */
export interface BudgetPatch {
  readonly max_limit?: number | bigint | null;
  readonly reset_duration?: string | null;
  readonly calendar_aligned?: boolean | null;
  readonly on_exceed?: OnExceed | null;
  readonly fallback_model?: string | null;
  readonly thresholds?: readonly number[] | null;
  /** 0: nothing is carried over any more. */
  readonly rollover_max?: number | bigint | null;
}

const FIELDS = [
  'max_limit',
  'reset_duration',
  'calendar_aligned',
  'on_exceed',
  'fallback_model',
  'thresholds',
  'rollover_max',
] as const satisfies readonly (keyof BudgetPatch)[];

/** The part of a budget that requests change. */
export type BudgetState = Pick<
  BudgetEntity,
  | 'maxLimitCents'
  | 'resetDuration'
  | 'anchorAt'
  | 'alignedFrom'
  | 'generation'
  | 'onExceed'
  | 'fallbackModel'
  | 'thresholds'
  | 'rolloverMaxCents'
>;

/** What a request does to a budget. */
export type BudgetChange = PlannedChange<BudgetState>;

/**
 * What a nested or direct budget patch does. A patch that names no field removes the budget, as the contract's later
 * servers do; a new budget needs a limit and a duration.
 *
 * A changed duration, alignment or calendar keeps usage and `last_reset`: the current window goes on from where it
 * began, and its counter is named by that start. So calls in flight still settle on the counter that they reserved.
 *
 * @param calendar of the tenant in which the budget counts.
 * @throws AppError `validation_failed` for what cannot be combined.
 */
export function planBudgetChange(
  current: BudgetState | undefined,
  patch: BudgetPatch | null | undefined,
  calendar: TenantCalendar,
  nowMs: number,
): BudgetChange {
  if (patch === null || patch === undefined) return { kind: 'none' };
  if (FIELDS.every((field) => isAbsent(patch[field]))) return { kind: current === undefined ? 'none' : 'delete' };
  if (current === undefined) return { kind: 'create', state: newState(patch, nowMs) };
  const state: BudgetState = {
    ...windowsAfter(current, patch, calendar, nowMs),
    ...exceedAfter(current, patch),
    maxLimitCents: patch.max_limit?.toString() ?? current.maxLimitCents,
    generation: current.generation,
    thresholds: patch.thresholds?.toSorted((a, b) => a - b) ?? current.thresholds,
    rolloverMaxCents: rolloverAfter(current.rolloverMaxCents, patch.rollover_max),
  };
  return isSame(current, state) ? { kind: 'none' } : { kind: 'update', state };
}

/** The windows of a budget when its tenant's calendar changes: as in {@link planBudgetChange}, usage stays. */
export function realigned(
  current: Pick<BudgetState, 'resetDuration' | 'anchorAt' | 'alignedFrom'>,
  calendarBefore: TenantCalendar,
  nowMs: number,
): Pick<BudgetState, 'anchorAt' | 'alignedFrom'> {
  return { anchorAt: startOfCurrentWindow(current, calendarBefore, nowMs), alignedFrom: new Date(nowMs) };
}

function newState(patch: BudgetPatch, nowMs: number): BudgetState {
  const resetDuration = patch.reset_duration ?? undefined;
  if (patch.max_limit === undefined || patch.max_limit === null || resetDuration === undefined) {
    throw new AppError('validation_failed', { detail: 'A new budget needs both max_limit and reset_duration.' });
  }
  const isAligned = patch.calendar_aligned === true;
  refuseUnusable(resetDuration, isAligned);
  const now = new Date(nowMs);
  return {
    maxLimitCents: patch.max_limit.toString(),
    resetDuration,
    anchorAt: now,
    alignedFrom: isAligned ? now : null,
    generation: 1,
    ...exceedAfter({ onExceed: 'deny', fallbackModel: null }, patch),
    thresholds: patch.thresholds?.toSorted((a, b) => a - b) ?? [],
    rolloverMaxCents: rolloverAfter(null, patch.rollover_max),
  };
}

function windowsAfter(
  current: BudgetState,
  patch: BudgetPatch,
  calendar: TenantCalendar,
  nowMs: number,
): Pick<BudgetState, 'resetDuration' | 'anchorAt' | 'alignedFrom'> {
  const resetDuration = patch.reset_duration ?? current.resetDuration;
  const isAligned = patch.calendar_aligned ?? current.alignedFrom !== null;
  if (resetDuration === current.resetDuration && isAligned === (current.alignedFrom !== null)) {
    return { resetDuration, anchorAt: current.anchorAt, alignedFrom: current.alignedFrom };
  }
  refuseUnusable(resetDuration, isAligned);
  return {
    resetDuration,
    anchorAt: startOfCurrentWindow(current, calendar, nowMs),
    alignedFrom: isAligned ? new Date(nowMs) : null,
  };
}

function startOfCurrentWindow(
  { resetDuration, anchorAt, alignedFrom }: Pick<BudgetState, 'resetDuration' | 'anchorAt' | 'alignedFrom'>,
  calendar: TenantCalendar,
  nowMs: number,
): Date {
  const spec = windowSpecOf(
    {
      durationText: resetDuration,
      anchorMs: anchorAt.getTime(),
      alignedFromMs: alignedFrom?.getTime() ?? null,
      isSliding: false,
    },
    calendar,
  );
  return new Date(windowAt(spec, nowMs).startMs);
}

function refuseUnusable(resetDuration: string, isAligned: boolean): void {
  refuseTooShort('reset_duration', resetDuration);
  if (!isAligned) return;
  try {
    calendarUnitOf(resetDuration);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new AppError('validation_failed', {
      detail: `reset_duration cannot be calendar_aligned: ${error.message}`,
      fields: [{ path: 'reset_duration', reason: 'is no unit of the calendar' }],
    });
  }
}

function rolloverAfter(current: string | null, patch: number | bigint | null | undefined): string | null {
  if (patch === null || patch === undefined) return current;
  return Number(patch) === 0 ? null : patch.toString();
}

function isSame(current: BudgetState, state: BudgetState): boolean {
  return (
    isSameDecimal(state.maxLimitCents, current.maxLimitCents) &&
    state.resetDuration === current.resetDuration &&
    state.alignedFrom?.getTime() === current.alignedFrom?.getTime() &&
    state.onExceed === current.onExceed &&
    state.fallbackModel === current.fallbackModel &&
    state.thresholds.join() === current.thresholds.join() &&
    isSameDecimal(state.rolloverMaxCents ?? '', current.rolloverMaxCents ?? '')
  );
}

/** PostgreSQL pads a numeric with zeros: `10` and `10.0000000` are one amount. */
function isSameDecimal(left: string, right: string): boolean {
  return trimmed(left) === trimmed(right);
}

function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
