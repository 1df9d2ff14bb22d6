import { Injectable } from '@nestjs/common';
import type { LimitSpec } from '@penstock/domain';
import type { BudgetEntity, BudgetRaiseEntity, RateLimitEntity } from '@penstock/entities';
import { DataSource } from 'typeorm';

import { countersToRead } from './limit-reading.js';
import { ownerOf } from './limit-owner.js';
import { budgetSpec, rateLimitSpecs } from './limit-specs.js';
import { type LimitPlace, LimitTenants } from './limit-tenants.js';
import { LimitsRepository } from './limits.repository.js';
import { LiveUsage, type Usage } from './live-usage.js';

/** Rows of limits, of any owners. */
export interface LimitRows {
  readonly budgets: readonly BudgetEntity[];
  readonly rateLimits: readonly RateLimitEntity[];
}

/** A budget, what gateways make of it, and its raises. */
export interface ReadBudget {
  readonly row: BudgetEntity;
  readonly spec: LimitSpec;
  readonly raises: readonly BudgetRaiseEntity[];
}

/** A rate limit and what gateways make of it. */
export interface ReadRateLimit {
  readonly row: RateLimitEntity;
  readonly specs: readonly LimitSpec[];
}

/** Limits with the usage that gateways enforce them by. */
export interface ReadLimits {
  readonly budgets: readonly ReadBudget[];
  readonly rateLimits: readonly ReadRateLimit[];
  readonly usage: Usage;
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
    const [places, raises] = await Promise.all([
      this.tenants.ofRows([...rows.budgets, ...rows.rateLimits]),
      this.limits.findRaises(
        this.dataSource.manager,
        rows.budgets.map(({ id }) => id),
        nowMs,
      ),
    ]);
    const placeOf = (row: BudgetEntity | RateLimitEntity): LimitPlace | undefined => places.get(ownerOf(row).id);
    const budgets = rows.budgets.flatMap((row) => {
      const place = placeOf(row);
      // The owner was deleted since the rows were read, and the limit with it.
      if (place === undefined) return [];
      const own = raises.get(row.id) ?? [];
      return [{ row, place, spec: budgetSpec(row, { ...ownerOf(row), name: '' }, place.calendar, own), raises: own }];
    });
    const rateLimits = rows.rateLimits.flatMap((row) => {
      const place = placeOf(row);
      return place === undefined ? [] : [{ row, place, specs: rateLimitSpecs(row, { ...ownerOf(row), name: '' }) }];
    });
    const counters = new Map<string, string[]>();
    const want = (place: LimitPlace, spec: LimitSpec): void => {
      const known = counters.get(place.tenantId);
      const ids = countersToRead(spec, nowMs);
      if (known === undefined) counters.set(place.tenantId, [...ids]);
      else known.push(...ids);
    };
    for (const { place, spec } of budgets) want(place, spec);
    for (const { place, specs } of rateLimits) for (const spec of specs) want(place, spec);
    return { budgets, rateLimits, usage: await this.usage.read(counters) };
  }
}
