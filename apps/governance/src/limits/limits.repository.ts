import { Injectable } from '@nestjs/common';
import { uuidv7, type LimitEntity } from '@penstock/domain';
import { BudgetEntity, RateLimitEntity } from '@penstock/entities';
import { In, type EntityManager } from 'typeorm';

import { columnsOf, type LimitOwner } from './limit-owner.js';
import type { BudgetState } from './plan-budget-change.js';
import type { RateLimitState } from './plan-rate-limit-change.js';

const COLUMN = { virtual_key: 'virtualKeyId', team: 'teamId', customer: 'customerId' } as const;

/** Budgets and rate limits of any owner. */
@Injectable()
export class LimitsRepository {
  /** Oldest first: the first of an owner is the one the contract calls its budget. */
  async findBudgets(manager: EntityManager, entity: LimitEntity, ownerIds: readonly string[]): Promise<BudgetEntity[]> {
    if (ownerIds.length === 0) return [];
    const where = { [COLUMN[entity]]: In([...ownerIds]) };
    return manager.getRepository(BudgetEntity).find({ where, order: { seq: 'ASC' } });
  }

  async findRateLimits(
    manager: EntityManager,
    entity: LimitEntity,
    ownerIds: readonly string[],
  ): Promise<RateLimitEntity[]> {
    if (ownerIds.length === 0) return [];
    const where = { [COLUMN[entity]]: In([...ownerIds]) };
    return manager.getRepository(RateLimitEntity).find({ where, order: { seq: 'ASC' } });
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
