import { Injectable } from '@nestjs/common';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';

import type { Change } from '../changes/change.js';
import { budgetKey, rateLimitKeys } from './limit-specs.js';
import type { LimitOwner } from './limit-owner.js';
import { LimitsRepository } from './limits.repository.js';
import { planBudgetChange, type BudgetPatch } from './plan-budget-change.js';
import { planRateLimitChange, type RateLimitPatch } from './plan-rate-limit-change.js';

/** The limits of one owner as rows; the owner's row must be locked while they are changed. */
export interface OwnedLimitRows {
  readonly budgets: readonly BudgetEntity[];
  readonly rateLimits: readonly RateLimitEntity[];
}

/** The nested limits of a request. */
export interface LimitPatches {
  readonly budget?: BudgetPatch | null;
  readonly rate_limit?: RateLimitPatch | null;
}

/** The limits that a key, team or customer carries. */
@Injectable()
export class OwnedLimits {
  constructor(private readonly limits: LimitsRepository) {}

  async find(change: Change, owner: LimitOwner): Promise<OwnedLimitRows> {
    return {
      budgets: await this.limits.findBudgets(change.tx, owner.entity, [owner.id]),
      rateLimits: await this.limits.findRateLimits(change.tx, owner.entity, [owner.id]),
    };
  }

  /** Applies the nested patches of a request; true when anything changed. */
  async apply(change: Change, owner: LimitOwner, current: OwnedLimitRows, patches: LimitPatches): Promise<boolean> {
    const isBudgetChanged = await this.applyBudget(change, owner, current.budgets[0], patches.budget);
    const isRateLimitChanged = await this.applyRateLimit(change, owner, current.rateLimits[0], patches.rate_limit);
    return isBudgetChanged || isRateLimitChanged;
  }

  private async applyBudget(
    change: Change,
    owner: LimitOwner,
    current: BudgetEntity | undefined,
    patch: BudgetPatch | null | undefined,
  ): Promise<boolean> {
    const plan = planBudgetChange(current, patch, change.now.getTime());
    if (plan.kind === 'create') await this.limits.insertBudget(change.tx, owner, plan.state, change.now);
    if (current !== undefined) {
      if (plan.kind === 'update') await this.limits.updateBudget(change.tx, current.id, plan.state, change.now);
      if (plan.kind === 'delete') await this.limits.deleteBudget(change.tx, current.id);
    }
    return plan.kind !== 'none';
  }

  private async applyRateLimit(
    change: Change,
    owner: LimitOwner,
    current: RateLimitEntity | undefined,
    patch: RateLimitPatch | null | undefined,
  ): Promise<boolean> {
    const plan = planRateLimitChange(current, patch, change.now.getTime());
    if (plan.kind === 'create') await this.limits.insertRateLimit(change.tx, owner, plan.state, change.now);
    if (current !== undefined) {
      if (plan.kind === 'update') await this.limits.updateRateLimit(change.tx, current.id, plan.state, change.now);
      if (plan.kind === 'delete') await this.limits.deleteRateLimit(change.tx, current.id);
    }
    return plan.kind !== 'none';
  }
}

/** The counter keys of rows: what follows their owner into another tenant. */
export function limitKeysOf({ budgets, rateLimits }: OwnedLimitRows): string[] {
  return [...budgets.map(budgetKey), ...rateLimits.flatMap(rateLimitKeys)];
}

/** The limits as the audit trail keeps them: terms, not usage; amounts as text, which JSON cannot round. */
export function toAuditLimits({ budgets, rateLimits }: OwnedLimitRows): Record<string, unknown> {
  return { budgets: budgets.map(toAuditBudget), rate_limits: rateLimits.map(toAuditRateLimit) };
}

/** A budget as the audit trail keeps it. */
export function toAuditBudget(budget: BudgetEntity): Record<string, unknown> {
  return {
    id: budget.id,
    max_limit_cents: budget.maxLimitCents,
    reset_duration: budget.resetDuration,
    anchor_at: budget.anchorAt.toISOString(),
    generation: budget.generation,
  };
}

/** A rate limit as the audit trail keeps it. */
export function toAuditRateLimit(rateLimit: RateLimitEntity): Record<string, unknown> {
  return {
    id: rateLimit.id,
    token_max_limit: rateLimit.tokenMaxLimit,
    token_reset_duration: rateLimit.tokenResetDuration,
    token_anchor_at: rateLimit.tokenAnchorAt.toISOString(),
    token_generation: rateLimit.tokenGeneration,
    request_max_limit: rateLimit.requestMaxLimit,
    request_reset_duration: rateLimit.requestResetDuration,
    request_anchor_at: rateLimit.requestAnchorAt.toISOString(),
    request_generation: rateLimit.requestGeneration,
  };
}
