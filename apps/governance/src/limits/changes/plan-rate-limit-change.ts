import { AppError, type OnExceed, parseDuration, windowAt } from '@penstock/domain';
import type { RateLimitEntity, WindowType } from '@penstock/entities';
import {
  columnsOfKind,
  type KindColumns,
  type KindTerms,
  RATE_LIMIT_KINDS,
  termsOfKind,
  WINDOWED_KINDS,
} from '@penstock/management';

import { exceedAfter } from './exceed-after.js';
import { isAbsent, type PlannedChange } from './planned-change.js';
import { refuseTooShort } from './window-floor.js';

type Wire = (typeof WINDOWED_KINDS)[number]['wire'];

/** A rate limit as a request names it; absent and null mean the same. */
export type RateLimitPatch = {
  readonly [K in `${(typeof RATE_LIMIT_KINDS)[number]['wire']}_max_limit`]?: number | bigint | null;
} & {
  readonly [K in `${Wire}_reset_duration`]?: string | null;
} & {
  readonly window_type?: WindowType | null;
  readonly on_exceed?: OnExceed | null;
  readonly fallback_model?: string | null;
};

/** The part of a rate limit that requests change. */
export type RateLimitState = KindColumns &
  Pick<RateLimitEntity, 'concurrentMaxLimit' | 'windowType' | 'onExceed' | 'fallbackModel'>;

/** What a request does to a rate limit. */
export type RateLimitChange = PlannedChange<RateLimitState>;

/**
 * What a nested or direct rate limit patch does; see `planBudgetChange()` for durations and for patches that name
 * nothing. A limit without a duration says nothing, so it is refused. Another type of window counts in another way, so
 * its counting starts anew.
 */
export function planRateLimitChange(
  current: RateLimitState | undefined,
  patch: RateLimitPatch | null | undefined,
  nowMs: number,
): RateLimitChange {
  if (patch === null || patch === undefined) return { kind: 'none' };
  if (namesNothing(patch)) return { kind: current === undefined ? 'none' : 'delete' };
  const before = current ?? emptyState(nowMs);
  const windowType = patch.window_type ?? before.windowType;
  const isRecounted = windowType !== before.windowType;
  const kinds = WINDOWED_KINDS.map(({ unit, wire }) =>
    columnsOfKind(unit, termsAfter(termsOfKind(before, unit), patch, wire, isRecounted, before.windowType, nowMs)),
  );
  const state = Object.assign(
    {
      concurrentMaxLimit: patch.concurrent_max_limit?.toString() ?? before.concurrentMaxLimit,
      windowType,
      ...exceedAfter(before, patch),
    },
    ...kinds,
  ) as RateLimitState;
  if (current === undefined) {
    const isLimit = RATE_LIMIT_KINDS.some(({ field }) => state[`${field}MaxLimit`] !== null);
    if (!isLimit && WINDOWED_KINDS.every(({ unit }) => termsOfKind(state, unit).resetDuration === null)) {
      throw new AppError('validation_failed', { detail: 'A new rate limit needs at least one limit.' });
    }
    return { kind: 'create', state };
  }
  return isSame(current, state) ? { kind: 'none' } : { kind: 'update', state };
}

function namesNothing(patch: RateLimitPatch): boolean {
  const named = [
    ...RATE_LIMIT_KINDS.map(({ wire }) => patch[`${wire}_max_limit`]),
    ...WINDOWED_KINDS.map(({ wire }) => patch[`${wire}_reset_duration`]),
    patch.window_type,
    patch.on_exceed,
    patch.fallback_model,
  ];
  return named.every(isAbsent);
}

function emptyState(nowMs: number): RateLimitState {
  const terms: KindTerms = { maxLimit: null, resetDuration: null, anchorAt: new Date(nowMs), generation: 1 };
  return Object.assign(
    { concurrentMaxLimit: null, windowType: 'fixed', onExceed: 'deny', fallbackModel: null },
    ...WINDOWED_KINDS.map(({ unit }) => columnsOfKind(unit, terms)),
  ) as RateLimitState;
}

function termsAfter(
  before: KindTerms,
  patch: RateLimitPatch,
  wire: Wire,
  isRecounted: boolean,
  typeBefore: WindowType,
  nowMs: number,
): KindTerms {
  const maxLimit = patch[`${wire}_max_limit`]?.toString() ?? before.maxLimit;
  const resetDuration = patch[`${wire}_reset_duration`] ?? before.resetDuration;
  if (maxLimit !== null && resetDuration === null) {
    throw new AppError('validation_failed', {
      detail: `${wire}_max_limit needs ${wire}_reset_duration.`,
      fields: [{ path: `${wire}_reset_duration`, reason: 'is required' }],
    });
  }
  if (resetDuration !== null && resetDuration !== before.resetDuration) {
    refuseTooShort(`${wire}_reset_duration`, resetDuration);
  }
  if (isRecounted) return { maxLimit, resetDuration, anchorAt: new Date(nowMs), generation: before.generation + 1 };
  const isChanged = resetDuration !== before.resetDuration;
  // The buckets of a sliding window have another length then, so what they counted cannot be taken over.
  if (isChanged && typeBefore === 'sliding' && before.resetDuration !== null) {
    return { maxLimit, resetDuration, anchorAt: new Date(nowMs), generation: before.generation + 1 };
  }
  return {
    maxLimit,
    resetDuration,
    anchorAt: isChanged ? startOfCurrentWindow(before, nowMs) : before.anchorAt,
    generation: before.generation,
  };
}

function startOfCurrentWindow({ resetDuration, anchorAt }: KindTerms, nowMs: number): Date {
  if (resetDuration === null) return new Date(nowMs);
  const spec = { kind: 'rolling', durationMs: parseDuration(resetDuration), anchorMs: anchorAt.getTime() } as const;
  return new Date(windowAt(spec, nowMs).startMs);
}

function isSame(current: RateLimitState, state: RateLimitState): boolean {
  return (
    current.concurrentMaxLimit === state.concurrentMaxLimit &&
    current.windowType === state.windowType &&
    current.onExceed === state.onExceed &&
    current.fallbackModel === state.fallbackModel &&
    WINDOWED_KINDS.every(({ unit }) => {
      const before = termsOfKind(current, unit);
      const after = termsOfKind(state, unit);
      return before.maxLimit === after.maxLimit && before.resetDuration === after.resetDuration;
    })
  );
}
