import { Injectable } from '@nestjs/common';
import { uuidv7, type LimitEntity } from '@penstock/domain';
import { BudgetEntity, BudgetRaiseEntity, RateLimitEntity } from '@penstock/entities';
import { columnsOf, type LimitOwner, WINDOWED_KINDS } from '@penstock/management';
import type { EntityManager } from 'typeorm';

import type { PageQuery } from '../http/page.query.js';
import type { BudgetState } from './changes/plan-budget-change.js';
import type { RateLimitState } from './changes/plan-rate-limit-change.js';

const COLUMN: Readonly<Record<LimitEntity, string>> = {
  virtual_key: 'virtual_key_id',
  team: 'team_id',
  customer: 'customer_id',
  provider_config: 'provider_config_id',
  model_config: 'model_config_id',
  shared_budget: 'shared_tenant_id',
};

const OWNER_COLUMNS = `virtual_key_id AS "virtualKeyId", team_id AS "teamId", customer_id AS "customerId",
  provider_config_id AS "providerConfigId", model_config_id AS "modelConfigId",
  on_exceed AS "onExceed", fallback_model AS "fallbackModel", created_at AS "createdAt", updated_at AS "updatedAt"`;

const BUDGET_COLUMNS = `id, seq, shared_tenant_id AS "sharedTenantId", name, max_limit_cents AS "maxLimitCents",
  reset_duration AS "resetDuration", anchor_at AS "anchorAt", aligned_from AS "alignedFrom", generation, thresholds,
  rollover_max_cents AS "rolloverMaxCents", ${OWNER_COLUMNS}`;

const KIND_COLUMNS = WINDOWED_KINDS.map(
  ({ wire, field }) => `${wire}_max_limit AS "${field}MaxLimit", ${wire}_reset_duration AS "${field}ResetDuration",
  ${wire}_anchor_at AS "${field}AnchorAt", ${wire}_generation AS "${field}Generation"`,
).join(', ');

const RATE_LIMIT_COLUMNS = `id, seq, window_type AS "windowType", concurrent_max_limit AS "concurrentMaxLimit",
  ${KIND_COLUMNS}, ${OWNER_COLUMNS}`;

/** Which budgets a list shows. */
export interface BudgetFilter extends PageQuery {
  readonly isShared?: boolean;
  /** Those that the customer owns, and those that are shared within it. */
  readonly customerId?: string;
}

/** Budgets and rate limits of any owner. Lists of thousands go through here, so rows are read without hydration. */
@Injectable()
export class LimitsRepository {
  /** Oldest first: the first of an owner is the one the contract calls its budget. */
  async findBudgets(manager: EntityManager, entity: LimitEntity, ownerIds: readonly string[]): Promise<BudgetEntity[]> {
    if (ownerIds.length === 0) return [];
    return manager.query(
      `SELECT ${BUDGET_COLUMNS} FROM governance.budgets WHERE ${COLUMN[entity]} = ANY($1) ORDER BY seq`,
      [ownerIds],
    );
  }

  async findRateLimits(
    manager: EntityManager,
    entity: LimitEntity,
    ownerIds: readonly string[],
  ): Promise<RateLimitEntity[]> {
    if (ownerIds.length === 0) return [];
    return manager.query(
      `SELECT ${RATE_LIMIT_COLUMNS} FROM governance.rate_limits WHERE ${COLUMN[entity]} = ANY($1) ORDER BY seq`,
      [ownerIds],
    );
  }

  /** Raises that have not ended, by budget, in the order in which they begin. */
  async findRaises(
    manager: EntityManager,
    budgetIds: readonly string[],
    nowMs: number,
  ): Promise<Map<string, BudgetRaiseEntity[]>> {
    if (budgetIds.length === 0) return new Map();
    const rows: BudgetRaiseEntity[] = await manager.query(
      `SELECT id, budget_id AS "budgetId", amount_cents AS "amountCents", starts_at AS "startsAt", ends_at AS "endsAt",
         reason, created_at AS "createdAt"
       FROM governance.budget_raises WHERE budget_id = ANY($1) AND ends_at > to_timestamp($2 / 1000.0)
       ORDER BY starts_at, id`,
      [budgetIds, nowMs],
    );
    return Map.groupBy(rows, ({ budgetId }) => budgetId);
  }

  async listBudgets(manager: EntityManager, filter: BudgetFilter): Promise<BudgetEntity[]> {
    const { limit, offset = 0, isShared, customerId } = filter;
    const sql = `SELECT ${BUDGET_COLUMNS} FROM governance.budgets
      WHERE ($3::boolean IS NULL OR (shared_tenant_id IS NOT NULL) = $3)
        AND ($4::uuid IS NULL OR customer_id = $4 OR shared_tenant_id = $4)
      ORDER BY seq LIMIT $1 OFFSET $2`;
    return manager.query(sql, [limit ?? null, offset, isShared ?? null, customerId ?? null]);
  }

  async listRateLimits(manager: EntityManager, { limit, offset = 0 }: PageQuery): Promise<RateLimitEntity[]> {
    const sql = `SELECT ${RATE_LIMIT_COLUMNS} FROM governance.rate_limits ORDER BY seq LIMIT $1 OFFSET $2`;
    return manager.query(sql, [limit ?? null, offset]);
  }

  /** @returns the id of the new budget. */
  async insertBudget(
    tx: EntityManager,
    owner: LimitOwner,
    state: BudgetState & { readonly name?: string },
    now: Date,
  ): Promise<string> {
    const id = uuidv7(now.getTime());
    await tx.getRepository(BudgetEntity).insert({ id, ...columnsOf(owner), ...state, createdAt: now, updatedAt: now });
    return id;
  }

  async updateBudget(
    tx: EntityManager,
    id: string,
    state: Partial<BudgetState> & { readonly name?: string | null },
    now: Date,
  ): Promise<void> {
    await tx.getRepository(BudgetEntity).update({ id }, { ...state, updatedAt: now });
  }

  async deleteBudget(tx: EntityManager, id: string): Promise<void> {
    await tx.getRepository(BudgetEntity).delete({ id });
  }

  async insertRateLimit(tx: EntityManager, owner: LimitOwner, state: RateLimitState, now: Date): Promise<void> {
    const row = { id: uuidv7(now.getTime()), ...columnsOf(owner), ...state, createdAt: now, updatedAt: now };
    await tx.getRepository(RateLimitEntity).insert(row);
  }

  async updateRateLimit(tx: EntityManager, id: string, state: Partial<RateLimitState>, now: Date): Promise<void> {
    await tx.getRepository(RateLimitEntity).update({ id }, { ...state, updatedAt: now });
  }

  async deleteRateLimit(tx: EntityManager, id: string): Promise<void> {
    await tx.getRepository(RateLimitEntity).delete({ id });
  }
}
