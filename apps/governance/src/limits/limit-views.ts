import { counterId, nanoUsd, nanoUsdToCents, windowAt, type LimitSpec } from '@penstock/domain';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';

import { exactJsonNumber } from './json-number.js';
import type {
  BudgetResponse,
  OwnedBudgetResponse,
  OwnedRateLimitResponse,
  RateLimitResponse,
} from './limit-responses.js';
import { ownerOf, type OwnerColumns } from './limit-owner.js';
import { budgetSpec, requestSpec, rollingWindowAt, tokenSpec } from './limit-specs.js';
import type { Usage } from './live-usage.js';

/** Counters do not depend on the owner's name. */
const ANYONE = { entity: 'virtual_key', id: '', name: '' } as const;

/** The counters that an answer about these limits needs. */
export function countersOf(
  budgets: readonly BudgetEntity[],
  rateLimits: readonly RateLimitEntity[],
  nowMs: number,
): string[] {
  return [
    ...budgets.map((budget) => currentCounter(budgetSpec(budget, ANYONE), nowMs)),
    ...rateLimits.flatMap((rateLimit) =>
      [tokenSpec(rateLimit, ANYONE), requestSpec(rateLimit, ANYONE)]
        .filter((half) => half !== undefined)
        .map((half) => currentCounter(half, nowMs)),
    ),
  ];
}

/** A budget on the wire. */
export function toBudgetResponse(budget: BudgetEntity, usage: Usage, nowMs: number): BudgetResponse {
  const spec = budgetSpec(budget, ANYONE);
  return {
    id: budget.id,
    max_limit: exactJsonNumber(budget.maxLimitCents),
    reset_duration: budget.resetDuration,
    current_usage: nanoUsdToCents(nanoUsd(usage.get(currentCounter(spec, nowMs)) ?? 0n)),
    last_reset: new Date(windowAt(spec.window, nowMs).startMs).toISOString(),
    created_at: budget.createdAt.toISOString(),
    updated_at: budget.updatedAt.toISOString(),
  };
}

/** A rate limit on the wire; what is not set is absent. */
export function toRateLimitResponse(rateLimit: RateLimitEntity, usage: Usage, nowMs: number): RateLimitResponse {
  const { tokenMaxLimit, tokenResetDuration, requestMaxLimit, requestResetDuration } = rateLimit;
  return {
    id: rateLimit.id,
    ...(tokenMaxLimit === null ? {} : { token_max_limit: exactJsonNumber(tokenMaxLimit) }),
    ...(tokenResetDuration === null ? {} : { token_reset_duration: tokenResetDuration }),
    token_current_usage: usedOf(tokenSpec(rateLimit, ANYONE), usage, nowMs),
    token_last_reset: lastReset(tokenResetDuration, rateLimit.tokenAnchorAt, nowMs),
    ...(requestMaxLimit === null ? {} : { request_max_limit: exactJsonNumber(requestMaxLimit) }),
    ...(requestResetDuration === null ? {} : { request_reset_duration: requestResetDuration }),
    request_current_usage: usedOf(requestSpec(rateLimit, ANYONE), usage, nowMs),
    request_last_reset: lastReset(requestResetDuration, rateLimit.requestAnchorAt, nowMs),
    created_at: rateLimit.createdAt.toISOString(),
    updated_at: rateLimit.updatedAt.toISOString(),
  };
}

/** A budget with its owner. */
export function toOwnedBudgetResponse(budget: BudgetEntity, usage: Usage, nowMs: number): OwnedBudgetResponse {
  return { ...toBudgetResponse(budget, usage, nowMs), ...ownerId(budget) };
}

/** A rate limit with its owner. */
export function toOwnedRateLimitResponse(
  rateLimit: RateLimitEntity,
  usage: Usage,
  nowMs: number,
): OwnedRateLimitResponse {
  return { ...toRateLimitResponse(rateLimit, usage, nowMs), ...ownerId(rateLimit) };
}

function ownerId(row: OwnerColumns): { virtual_key_id?: string; team_id?: string; customer_id?: string } {
  const owner = ownerOf(row);
  return { [`${owner.entity}_id`]: owner.id };
}

function currentCounter(spec: LimitSpec, nowMs: number): string {
  return counterId(spec, windowAt(spec.window, nowMs));
}

function usedOf(spec: LimitSpec | undefined, usage: Usage, nowMs: number): number {
  return spec === undefined ? 0 : Number(usage.get(currentCounter(spec, nowMs)) ?? 0n);
}

function lastReset(duration: string | null, anchorAt: Date, nowMs: number): string {
  const startMs = duration === null ? anchorAt.getTime() : rollingWindowAt(duration, anchorAt, nowMs).startMs;
  return new Date(startMs).toISOString();
}
