import { Injectable } from '@nestjs/common';
import type { LimitEntity } from '@penstock/domain';
import { ownerOf } from '@penstock/management';
import { DataSource } from 'typeorm';

import type { BudgetResponse, RateLimitResponse } from './limit-responses.js';
import { toBudgetResponse, toRateLimitResponse } from './limit-views.js';
import { LimitReader, type LimitRows } from './limit-reader.js';
import { LimitsRepository } from '../limits.repository.js';

/** The limits of one owner on the wire. */
export interface LimitAnswer {
  /** The only budget, or the oldest of several. */
  readonly budget?: BudgetResponse;
  /** Where there are several: clients that know of one see no difference as long as there is one. */
  readonly budgets?: BudgetResponse[];
  readonly rate_limit?: RateLimitResponse;
}

/** Ids of the limits of entities that are shown nested in others. */
export type LimitIds = ReadonlyMap<string, { readonly budget_id?: string; readonly rate_limit_id?: string }>;

/** Answers what limits entities carry, with their usage. */
@Injectable()
export class LimitBook {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: LimitsRepository,
    private readonly reader: LimitReader,
  ) {}

  async answers(entity: LimitEntity, ownerIds: readonly string[], nowMs: number): Promise<Map<string, LimitAnswer>> {
    const { budgets, rateLimits } = await this.reader.read(await this.rows(entity, ownerIds), nowMs);
    const budgetsOf = new Map<string, BudgetResponse[]>();
    for (const budget of budgets) {
      const { id } = ownerOf(budget.row);
      const response = toBudgetResponse(budget);
      const known = budgetsOf.get(id);
      if (known === undefined) budgetsOf.set(id, [response]);
      else known.push(response);
    }
    const rateLimitOf = new Map<string, RateLimitResponse>();
    for (const rateLimit of rateLimits) {
      const { id } = ownerOf(rateLimit.row);
      if (!rateLimitOf.has(id)) rateLimitOf.set(id, toRateLimitResponse(rateLimit, nowMs));
    }
    return new Map(ownerIds.map((id) => [id, toLimitAnswer(budgetsOf.get(id) ?? [], rateLimitOf.get(id))]));
  }

  /** Which limits entities carry, without their terms. */
  async ids(entity: LimitEntity, ownerIds: readonly string[]): Promise<LimitIds> {
    const { budgets, rateLimits } = await this.rows(entity, ownerIds);
    const budgetIds = oldestByOwner(budgets);
    const rateLimitIds = oldestByOwner(rateLimits);
    return new Map(
      ownerIds.map((id) => {
        const budget_id = budgetIds.get(id);
        const rate_limit_id = rateLimitIds.get(id);
        return [
          id,
          {
            ...(budget_id === undefined ? {} : { budget_id }),
            ...(rate_limit_id === undefined ? {} : { rate_limit_id }),
          },
        ];
      }),
    );
  }

  private async rows(entity: LimitEntity, ownerIds: readonly string[]): Promise<LimitRows> {
    const { manager } = this.dataSource;
    const [budgets, rateLimits] = await Promise.all([
      this.limits.findBudgets(manager, entity, ownerIds),
      this.limits.findRateLimits(manager, entity, ownerIds),
    ]);
    return { budgets, rateLimits };
  }
}

function toLimitAnswer(budgets: BudgetResponse[], rateLimit: RateLimitResponse | undefined): LimitAnswer {
  const [oldest] = budgets;
  return {
    ...(oldest === undefined ? {} : { budget: oldest }),
    ...(budgets.length > 1 ? { budgets } : {}),
    ...(rateLimit === undefined ? {} : { rate_limit: rateLimit }),
  };
}

/** Rows come oldest first. */
function oldestByOwner(rows: readonly (LimitRows['budgets'] | LimitRows['rateLimits'])[number][]): Map<string, string> {
  const byOwner = new Map<string, string>();
  for (const row of rows) {
    const { id } = ownerOf(row);
    if (!byOwner.has(id)) byOwner.set(id, row.id);
  }
  return byOwner;
}
