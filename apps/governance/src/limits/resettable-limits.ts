import { Injectable } from '@nestjs/common';

import type { Change } from '../changes/change.js';
import { LimitsRepository } from './limits.repository.js';
import { OwnedLimits, type OwnedLimitRows } from './owned-limits.js';
import type { LimitOwner } from './limit-owner.js';

/** Starts the counting of an owner's limits anew. */
@Injectable()
export class ResettableLimits {
  constructor(
    private readonly owned: OwnedLimits,
    private readonly limits: LimitsRepository,
  ) {}

  /**
   * Raises the generation of every limit of the owner and lets its window begin now. The old counters stay as
   * history; a call in flight still settles on the one that it reserved.
   */
  async reset(change: Change, owner: LimitOwner): Promise<{ before: OwnedLimitRows; after: OwnedLimitRows }> {
    const before = await this.owned.find(change, owner);
    for (const { id, generation } of before.budgets) {
      const state = { generation: generation + 1, anchorAt: change.now };
      await this.limits.updateBudget(change.tx, id, state, change.now);
    }
    for (const { id, tokenGeneration, requestGeneration } of before.rateLimits) {
      const state = {
        tokenGeneration: tokenGeneration + 1,
        tokenAnchorAt: change.now,
        requestGeneration: requestGeneration + 1,
        requestAnchorAt: change.now,
      };
      await this.limits.updateRateLimit(change.tx, id, state, change.now);
    }
    return { before, after: await this.owned.find(change, owner) };
  }
}
