import { Injectable } from '@nestjs/common';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';

import type { Change } from '../changes/change.js';
import { OwnedLimits, type OwnedLimitRows } from './owned-limits.js';
import type { LimitOwner } from './limit-owner.js';
import { LimitsRepository } from './limits.repository.js';
import { columnsOfKind, termsOfKind, WINDOWED_KINDS } from './rate-limit-kinds.js';

/** Starts the counting of an owner's limits anew. */
@Injectable()
export class ResettableLimits {
  constructor(
    private readonly owned: OwnedLimits,
    private readonly limits: LimitsRepository,
  ) {}

  /**
   * Raises the generation of every limit of the owner and lets its window begin now. The old counters stay as
   * history; a call in flight still settles on the one that it reserved. How many requests run is not reset.
   */
  async reset(change: Change, owner: LimitOwner): Promise<{ before: OwnedLimitRows; after: OwnedLimitRows }> {
    const before = await this.owned.find(change, owner);
    for (const budget of before.budgets) {
      await this.limits.updateBudget(change.tx, budget.id, budgetAnew(budget, change.now), change.now);
    }
    for (const rateLimit of before.rateLimits) {
      await this.limits.updateRateLimit(change.tx, rateLimit.id, rateLimitAnew(rateLimit, change.now), change.now);
    }
    return { before, after: await this.owned.find(change, owner) };
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
