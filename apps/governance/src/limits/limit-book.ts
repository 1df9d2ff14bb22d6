import { Injectable } from '@nestjs/common';
import type { LimitEntity } from '@penstock/domain';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';
import { DataSource } from 'typeorm';

import type { BudgetResponse, RateLimitResponse } from './limit-responses.js';
import { countersOf, toBudgetResponse, toRateLimitResponse } from './limit-views.js';
import { LimitsRepository } from './limits.repository.js';
import { LiveUsage } from './live-usage.js';
import { ownerOf } from './limit-owner.js';

/** The limits of one owner on the wire. */
export interface LimitAnswer {
  readonly budget?: BudgetResponse;
  readonly rate_limit?: RateLimitResponse;
}

/** An owner and the tenant that its counters lie in. */
export interface LimitHolder {
  readonly id: string;
  readonly tenantId: string;
}

/** Ids of the limits of entities that are shown nested in others. */
export type LimitIds = ReadonlyMap<string, { readonly budget_id?: string; readonly rate_limit_id?: string }>;

/** Answers what limits entities carry, with their usage: two queries and one pipeline for any number of them. */
@Injectable()
export class LimitBook {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: LimitsRepository,
    private readonly usage: LiveUsage,
  ) {}

  async answers(
    entity: LimitEntity,
    holders: readonly LimitHolder[],
    nowMs: number,
  ): Promise<Map<string, LimitAnswer>> {
    const { budgets, rateLimits } = await this.rows(
      entity,
      holders.map(({ id }) => id),
    );
    const counters = new Map<string, string[]>();
    for (const { id, tenantId } of holders) {
      const ids = countersOf([budgets.get(id)].filter(isThere), [rateLimits.get(id)].filter(isThere), nowMs);
      if (ids.length === 0) continue;
      const known = counters.get(tenantId);
      if (known === undefined) counters.set(tenantId, ids);
      else known.push(...ids);
    }
    const usage = await this.usage.read(counters);
    return new Map(
      holders.map(({ id }) => {
        const budget = budgets.get(id);
        const rateLimit = rateLimits.get(id);
        const answer: LimitAnswer = {
          ...(budget === undefined ? {} : { budget: toBudgetResponse(budget, usage, nowMs) }),
          ...(rateLimit === undefined ? {} : { rate_limit: toRateLimitResponse(rateLimit, usage, nowMs) }),
        };
        return [id, answer];
      }),
    );
  }

  /** Which limits entities carry, without their terms. */
  async ids(entity: LimitEntity, ownerIds: readonly string[]): Promise<LimitIds> {
    const { budgets, rateLimits } = await this.rows(entity, ownerIds);
    return new Map(
      ownerIds.map((id) => {
        const budget = budgets.get(id);
        const rateLimit = rateLimits.get(id);
        return [
          id,
          {
            ...(budget === undefined ? {} : { budget_id: budget.id }),
            ...(rateLimit === undefined ? {} : { rate_limit_id: rateLimit.id }),
          },
        ];
      }),
    );
  }

  private async rows(
    entity: LimitEntity,
    ownerIds: readonly string[],
  ): Promise<{ budgets: Map<string, BudgetEntity>; rateLimits: Map<string, RateLimitEntity> }> {
    const { manager } = this.dataSource;
    const [budgets, rateLimits] = await Promise.all([
      this.limits.findBudgets(manager, entity, ownerIds),
      this.limits.findRateLimits(manager, entity, ownerIds),
    ]);
    return { budgets: oldestByOwner(budgets), rateLimits: oldestByOwner(rateLimits) };
  }
}

/** Rows come oldest first; the oldest is the one that the contract calls the owner's. */
function oldestByOwner<T extends BudgetEntity | RateLimitEntity>(rows: readonly T[]): Map<string, T> {
  const byOwner = new Map<string, T>();
  for (const row of rows) {
    const { id } = ownerOf(row);
    if (!byOwner.has(id)) byOwner.set(id, row);
  }
  return byOwner;
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
