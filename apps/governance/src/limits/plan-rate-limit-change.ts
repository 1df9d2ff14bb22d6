import { AppError } from '@penstock/domain';
import type { RateLimitEntity } from '@penstock/entities';

import { reanchored } from './plan-budget-change.js';

/** A rate limit as a request names it; absent and null mean the same. */
export interface RateLimitPatch {
  readonly token_max_limit?: number | bigint | null;
  readonly token_reset_duration?: string | null;
  readonly request_max_limit?: number | bigint | null;
  readonly request_reset_duration?: string | null;
}

/** The part of a rate limit that requests change. */
export type RateLimitState = Pick<
  RateLimitEntity,
  | 'tokenMaxLimit'
  | 'tokenResetDuration'
  | 'tokenAnchorAt'
  | 'tokenGeneration'
  | 'requestMaxLimit'
  | 'requestResetDuration'
  | 'requestAnchorAt'
  | 'requestGeneration'
>;

/** What a request does to a rate limit. */
export type RateLimitChange =
  | { readonly kind: 'none' }
  | { readonly kind: 'create'; readonly state: RateLimitState }
  | { readonly kind: 'update'; readonly state: RateLimitState }
  | { readonly kind: 'delete' };

/**
 * What a nested or direct rate limit patch does; see `planBudgetChange()` for durations and for patches that name
 * nothing. A limit without a duration says nothing, so it is refused.
 */
export function planRateLimitChange(
  current: RateLimitState | undefined,
  patch: RateLimitPatch | null | undefined,
  nowMs: number,
): RateLimitChange {
  if (patch === null || patch === undefined) return { kind: 'none' };
  const named = [
    patch.token_max_limit,
    patch.token_reset_duration,
    patch.request_max_limit,
    patch.request_reset_duration,
  ];
  if (named.every((value) => value === null || value === undefined)) {
    return { kind: current === undefined ? 'none' : 'delete' };
  }
  const now = new Date(nowMs);
  const before = current ?? {
    tokenMaxLimit: null,
    tokenResetDuration: null,
    tokenAnchorAt: now,
    tokenGeneration: 1,
    requestMaxLimit: null,
    requestResetDuration: null,
    requestAnchorAt: now,
    requestGeneration: 1,
  };
  const tokenDuration = patch.token_reset_duration ?? undefined;
  const requestDuration = patch.request_reset_duration ?? undefined;
  const state: RateLimitState = {
    tokenMaxLimit: patch.token_max_limit?.toString() ?? before.tokenMaxLimit,
    tokenResetDuration: tokenDuration ?? before.tokenResetDuration,
    tokenAnchorAt: reanchored(before.tokenResetDuration, before.tokenAnchorAt, tokenDuration, nowMs),
    tokenGeneration: before.tokenGeneration,
    requestMaxLimit: patch.request_max_limit?.toString() ?? before.requestMaxLimit,
    requestResetDuration: requestDuration ?? before.requestResetDuration,
    requestAnchorAt: reanchored(before.requestResetDuration, before.requestAnchorAt, requestDuration, nowMs),
    requestGeneration: before.requestGeneration,
  };
  refuseWithoutDuration('token', state.tokenMaxLimit, state.tokenResetDuration);
  refuseWithoutDuration('request', state.requestMaxLimit, state.requestResetDuration);
  if (current === undefined) return { kind: 'create', state };
  const isSame =
    state.tokenMaxLimit === current.tokenMaxLimit &&
    state.tokenResetDuration === current.tokenResetDuration &&
    state.requestMaxLimit === current.requestMaxLimit &&
    state.requestResetDuration === current.requestResetDuration;
  return isSame ? { kind: 'none' } : { kind: 'update', state };
}

function refuseWithoutDuration(half: 'token' | 'request', limit: string | null, duration: string | null): void {
  if (limit === null || duration !== null) return;
  throw new AppError('validation_failed', { detail: `${half}_max_limit needs ${half}_reset_duration.` });
}
