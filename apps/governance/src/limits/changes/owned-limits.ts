import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';
import { type Change, type LimitOwner, termsOfKind, WINDOWED_KINDS } from '@penstock/management';

import { LimitTenants } from '../limit-tenants.js';
import { LimitsRepository } from '../limits.repository.js';
import { planBudgetChange, type BudgetPatch } from './plan-budget-change.js';
import { planBudgetList, type BudgetListEntry, type BudgetListStep } from './plan-budget-list.js';
import { planRateLimitChange, type RateLimitPatch } from './plan-rate-limit-change.js';

/** The limits of one owner as rows; the owner's row must be locked while they are changed. */
export interface OwnedLimitRows {
  readonly budgets: readonly BudgetEntity[];
  readonly rateLimits: readonly RateLimitEntity[];
}

/** The nested limits of a request. */
export interface LimitPatches {
  readonly budget?: BudgetPatch | null;
  readonly budgets?: readonly BudgetListEntry[] | null;
  readonly rate_limit?: RateLimitPatch | null;
}

/** An owner that has none yet. */
export const NO_LIMITS: OwnedLimitRows = Object.freeze({ budgets: [], rateLimits: [] });

/** The limits that a key, team, customer, or a config of a provider or model carries. */
@Injectable()
export class OwnedLimits {
  constructor(
    private readonly limits: LimitsRepository,
    private readonly tenants: LimitTenants,
  ) {}

  async find(change: Change, owner: LimitOwner): Promise<OwnedLimitRows> {
    return {
      budgets: await this.limits.findBudgets(change.tx, owner.entity, [owner.id]),
      rateLimits: await this.limits.findRateLimits(change.tx, owner.entity, [owner.id]),
    };
  }

  /**
   * Applies the nested patches of a request; true when anything changed. `budget` is the oldest of the owner's
   * budgets, `budgets` are all of them.
   */
  async apply(change: Change, owner: LimitOwner, current: OwnedLimitRows, patches: LimitPatches): Promise<boolean> {
    const isBudgetChanged = await this.applyBudgets(change, owner, current.budgets, patches);
    const isRateLimitChanged = await this.applyRateLimit(change, owner, current.rateLimits[0], patches.rate_limit);
    return isBudgetChanged || isRateLimitChanged;
  }

  private async applyBudgets(
    change: Change,
    owner: LimitOwner,
    current: readonly BudgetEntity[],
    { budget, budgets }: LimitPatches,
  ): Promise<boolean> {
    const isList = budgets !== null && budgets !== undefined;
    if (isList && budget !== null && budget !== undefined) {
      throw new AppError('validation_failed', { detail: 'Send budget or budgets, not both.' });
    }
    if (!isList && (budget === null || budget === undefined)) return false;
    const { calendar } = await this.tenants.ofOwner(change.tx, owner);
    const nowMs = change.now.getTime();
    const [oldest] = current;
    const steps = isList
      ? planBudgetList(current, budgets, calendar, nowMs)
      : [
          {
            ...(oldest === undefined ? {} : { id: oldest.id }),
            change: planBudgetChange(oldest, budget, calendar, nowMs),
          },
        ];
    for (const step of steps) await this.applyBudgetStep(change, owner, step);
    return steps.some((step) => step.change.kind !== 'none');
  }

  private async applyBudgetStep(change: Change, owner: LimitOwner, step: BudgetListStep): Promise<void> {
    const { id, change: plan } = step;
    if (plan.kind === 'create') await this.limits.insertBudget(change.tx, owner, plan.state, change.now);
    if (id === undefined) return;
    if (plan.kind === 'update') await this.limits.updateBudget(change.tx, id, plan.state, change.now);
    if (plan.kind === 'delete') await this.limits.deleteBudget(change.tx, id);
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

/** The limits as the audit trail keeps them: terms, not usage; amounts as text, which JSON cannot round. */
export function toAuditLimits({ budgets, rateLimits }: OwnedLimitRows): Record<string, unknown> {
  return { budgets: budgets.map(toAuditBudget), rate_limits: rateLimits.map(toAuditRateLimit) };
}

/** A budget as the audit trail keeps it. */
export function toAuditBudget(budget: BudgetEntity): Record<string, unknown> {
  return {
    id: budget.id,
    ...(budget.name === null ? {} : { name: budget.name }),
    max_limit_cents: budget.maxLimitCents,
    reset_duration: budget.resetDuration,
    anchor_at: budget.anchorAt.toISOString(),
    aligned_from: budget.alignedFrom?.toISOString() ?? null,
    generation: budget.generation,
    on_exceed: budget.onExceed,
    fallback_model: budget.fallbackModel,
    thresholds: budget.thresholds,
    rollover_max_cents: budget.rolloverMaxCents,
  };
}

/** A rate limit as the audit trail keeps it. */
export function toAuditRateLimit(rateLimit: RateLimitEntity): Record<string, unknown> {
  const kinds = WINDOWED_KINDS.map(({ unit, wire }) => {
    const terms = termsOfKind(rateLimit, unit);
    return {
      [`${wire}_max_limit`]: terms.maxLimit,
      [`${wire}_reset_duration`]: terms.resetDuration,
      [`${wire}_anchor_at`]: terms.anchorAt.toISOString(),
      [`${wire}_generation`]: terms.generation,
    };
  });
  return {
    id: rateLimit.id,
    ...(Object.assign({}, ...kinds) as Record<string, unknown>),
    concurrent_max_limit: rateLimit.concurrentMaxLimit,
    window_type: rateLimit.windowType,
    on_exceed: rateLimit.onExceed,
    fallback_model: rateLimit.fallbackModel,
  };
}
