import { Injectable } from '@nestjs/common';
import type { LimitSpec } from '@penstock/domain';
import type { BudgetEntity, BudgetRaiseEntity, RateLimitEntity } from '@penstock/entities';
import { budgetSpec, ownerOf, rateLimitSpecs } from '@penstock/management';
import { DataSource } from 'typeorm';

import { type LimitReading, UnreadLimit } from './limit-reading.js';
import { type LimitPlace, LimitTenants } from '../limit-tenants.js';
import { LimitsRepository } from '../limits.repository.js';
import { LiveUsage } from './live-usage.js';

/** Rows of limits, of any owners. */
export interface LimitRows {
  readonly budgets: readonly BudgetEntity[];
  readonly rateLimits: readonly RateLimitEntity[];
}

/** A budget, how far it is used up, and its raises. */
export interface ReadBudget {
  readonly row: BudgetEntity;
  readonly reading: LimitReading;
  readonly raises: readonly BudgetRaiseEntity[];
}

/** A rate limit and how far each limit that is set in it is used up. */
export interface ReadRateLimit {
  readonly row: RateLimitEntity;
  readonly readings: readonly LimitReading[];
}

/** Limits with their usage. */
export interface ReadLimits {
  readonly budgets: readonly ReadBudget[];
  readonly rateLimits: readonly ReadRateLimit[];
}

/** Reads limits together with their usage: a fixed number of queries and one pipeline for any number of them. */
@Injectable()
export class LimitReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: LimitsRepository,
    private readonly tenants: LimitTenants,
    private readonly usage: LiveUsage,
  ) {}

  async read(rows: LimitRows, nowMs: number): Promise<ReadLimits> {
    const [places, raisesOf] = await Promise.all([
      this.tenants.ofRows([...rows.budgets, ...rows.rateLimits]),
      this.limits.findRaises(
        this.dataSource.manager,
        rows.budgets.map(({ id }) => id),
        nowMs,
      ),
    ]);
    const counters = new Map<string, string[]>();
    const unread = ({ tenantId }: LimitPlace, spec: LimitSpec): UnreadLimit => {
      const limit = new UnreadLimit(spec, nowMs);
      const known = counters.get(tenantId);
      if (known === undefined) counters.set(tenantId, [...limit.counterIds]);
      else known.push(...limit.counterIds);
      return limit;
    };
    // Without a place the owner was deleted since the rows were read, and the limit with it.
    const budgets = rows.budgets.flatMap((row) => {
      const place = places.get(ownerOf(row).id);
      if (place === undefined) return [];
      const raises = raisesOf.get(row.id) ?? [];
      const spec = budgetSpec(row, { ...ownerOf(row), name: '' }, place.calendar, raises);
      return [{ row, raises, limit: unread(place, spec) }];
    });
    const rateLimits = rows.rateLimits.flatMap((row) => {
      const place = places.get(ownerOf(row).id);
      if (place === undefined) return [];
      const specs = rateLimitSpecs(row, { ...ownerOf(row), name: '' });
      return [{ row, limits: specs.map((spec) => unread(place, spec)) }];
    });
    const usage = await this.usage.read(counters);
    return {
      budgets: budgets.map(({ row, raises, limit }) => ({ row, raises, reading: limit.read(usage) })),
      rateLimits: rateLimits.map(({ row, limits }) => ({ row, readings: limits.map((limit) => limit.read(usage)) })),
    };
  }
}
