import { Injectable } from '@nestjs/common';
import { BudgetEntity, RateLimitEntity } from '@penstock/entities';
import { type Change, type OwnerColumns, ownerOf } from '@penstock/management';
import type { EntityManager, EntityTarget, FindOptionsWhere } from 'typeorm';

import { notFound } from '../http/not-found.js';
import { OwnerLocks, type LockedOwner } from '../owners/owner-locks.js';

/** What differs between budgets and rate limits where they are reached by their own id. */
export interface LimitKind<Row> {
  readonly entity: EntityTarget<Row & object>;
  /** In audit lines. */
  readonly type: 'budget' | 'rate_limit';
  /** In sentences. */
  readonly what: string;
}

export const BUDGETS: LimitKind<BudgetEntity> = { entity: BudgetEntity, type: 'budget', what: 'The budget' };

export const RATE_LIMITS: LimitKind<RateLimitEntity> = {
  entity: RateLimitEntity,
  type: 'rate_limit',
  what: 'The rate limit',
};

/** A limit whose owner cannot change until the transaction ends. */
export interface LockedLimit<Row> {
  readonly row: Row;
  readonly owner: LockedOwner;
}

/** Limits by their own id, whoever owns them. */
@Injectable()
export class LimitsById {
  constructor(private readonly owners: OwnerLocks) {}

  /** @throws AppError `not_found` */
  async find<Row extends OwnerColumns>(manager: EntityManager, kind: LimitKind<Row>, id: string): Promise<Row> {
    const row = await manager.getRepository(kind.entity).findOneBy({ id } as unknown as FindOptionsWhere<Row & object>);
    if (row === null) throw notFound(kind.what);
    return row;
  }

  /**
   * Locks the owner first, as every other change of the limit does, then reads the row that counts.
   *
   * @throws AppError `not_found`
   */
  async lock<Row extends OwnerColumns>(tx: EntityManager, kind: LimitKind<Row>, id: string): Promise<LockedLimit<Row>> {
    const owner = await this.owners.lock(tx, ownerOf(await this.find(tx, kind, id)));
    if (owner === null) throw notFound(kind.what);
    return { row: await this.find(tx, kind, id), owner };
  }
}

/** Tells gateways and the audit trail that a limit was changed (`updated`, `deleted`, ...). */
export function announceLimit(
  change: Change,
  kind: Pick<LimitKind<unknown>, 'type'>,
  owner: LockedOwner,
  verb: string,
  entityId: string,
  before: Record<string, unknown> | null,
  after: Record<string, unknown> | null,
): void {
  change.touch(owner.tenantId, owner.keyHashes);
  change.audit({
    tenantId: owner.tenantId,
    action: `${kind.type}.${verb}`,
    entityType: kind.type,
    entityId,
    before,
    after,
  });
}
