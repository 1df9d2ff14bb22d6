import { Injectable } from '@nestjs/common';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';
import { type Change, columnsOfKind, termsOfKind, WINDOWED_KINDS } from '@penstock/management';

import type { OwnedLimitRows } from './owned-limits.js';
import { LimitsRepository } from '../limits.repository.js';

/** Starts the counting of limits anew. */
@Injectable()
export class ResettableLimits {
  constructor(private readonly limits: LimitsRepository) {}

  /**
   * Raises the generation of every limit and lets its window begin now. The old counters stay as history; a call in
   * flight still settles on the one that it reserved. How many requests run is not reset. The owners must be locked.
   *
   * @returns the limits as they are then.
   */
  async reset({ tx, now }: Change, { budgets, rateLimits }: OwnedLimitRows): Promise<OwnedLimitRows> {
    const budgetsAfter = budgets.map((budget) => ({ ...budget, ...budgetAnew(budget, now) }));
    const rateLimitsAfter = rateLimits.map((rateLimit) => ({ ...rateLimit, ...rateLimitAnew(rateLimit, now) }));
    for (const budget of budgets) await this.limits.updateBudget(tx, budget.id, budgetAnew(budget, now), now);
    for (const rateLimit of rateLimits) {
      await this.limits.updateRateLimit(tx, rateLimit.id, rateLimitAnew(rateLimit, now), now);
    }
    return { budgets: budgetsAfter, rateLimits: rateLimitsAfter };
  }
}

function budgetAnew(
  { generation, alignedFrom }: BudgetEntity,
  now: Date,
): Pick<BudgetEntity, 'generation' | 'anchorAt' | 'alignedFrom'> {
  return { generation: generation + 1, anchorAt: now, alignedFrom: alignedFrom === null ? null : now };
}

function rateLimitAnew(rateLimit: RateLimitEntity, now: Date): Partial<RateLimitEntity> {
  return Object.assign(
    {},
    ...WINDOWED_KINDS.map(({ unit }) =>
      columnsOfKind(unit, { generation: termsOfKind(rateLimit, unit).generation + 1, anchorAt: now }),
    ),
  ) as Partial<RateLimitEntity>;
}
