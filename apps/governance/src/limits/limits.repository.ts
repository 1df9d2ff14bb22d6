import { Injectable } from '@nestjs/common';
import { uuidv7, type LimitEntity } from '@penstock/domain';
import { BudgetEntity, RateLimitEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

import type { PageQuery } from '../http/page.query.js';
import { columnsOf, type LimitOwner } from './limit-owner.js';
import type { BudgetState } from './plan-budget-change.js';
import type { RateLimitState } from './plan-rate-limit-change.js';

const COLUMN = { virtual_key: 'virtual_key_id', team: 'team_id', customer: 'customer_id' } as const;

const BUDGET_COLUMNS = `id, seq, virtual_key_id AS "virtualKeyId", team_id AS "teamId", customer_id AS "customerId",
  max_limit_cents AS "maxLimitCents", reset_duration AS "resetDuration", anchor_at AS "anchorAt", generation,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

const RATE_LIMIT_COLUMNS = `id, seq, virtual_key_id AS "virtualKeyId", team_id AS "teamId", customer_id AS "customerId",
  token_max_limit AS "tokenMaxLimit", token_reset_duration AS "tokenResetDuration",
  token_anchor_at AS "tokenAnchorAt", token_generation AS "tokenGeneration",
  request_max_limit AS "requestMaxLimit", request_reset_duration AS "requestResetDuration",
  request_anchor_at AS "requestAnchorAt", request_generation AS "requestGeneration",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

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

  async listBudgets(manager: EntityManager, { limit, offset = 0 }: PageQuery): Promise<BudgetEntity[]> {
    const sql = `SELECT ${BUDGET_COLUMNS} FROM governance.budgets ORDER BY seq LIMIT $1 OFFSET $2`;
    return manager.query(sql, [limit ?? null, offset]);
  }

  async listRateLimits(manager: EntityManager, { limit, offset = 0 }: PageQuery): Promise<RateLimitEntity[]> {
    const sql = `SELECT ${RATE_LIMIT_COLUMNS} FROM governance.rate_limits ORDER BY seq LIMIT $1 OFFSET $2`;
    return manager.query(sql, [limit ?? null, offset]);
  }

  async insertBudget(tx: EntityManager, owner: LimitOwner, state: BudgetState, now: Date): Promise<void> {
    const row = { id: uuidv7(now.getTime()), ...columnsOf(owner), ...state, createdAt: now, updatedAt: now };
    await tx.getRepository(BudgetEntity).insert(row);
  }

  async updateBudget(tx: EntityManager, id: string, state: Partial<BudgetState>, now: Date): Promise<void> {
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
