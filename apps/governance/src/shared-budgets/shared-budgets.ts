import { Injectable } from '@nestjs/common';
import { AppError, DEFAULT_CALENDAR } from '@penstock/domain';
import { BudgetEntity } from '@penstock/entities';
import type { Change } from '@penstock/management';
import type { EntityManager } from 'typeorm';

import type { SharedBudgetName } from '../limits/answers/limit-responses.js';
import { LimitsRepository } from '../limits/limits.repository.js';
import { toAuditBudget } from '../limits/changes/owned-limits.js';
import { planBudgetChange, type BudgetPatch } from '../limits/changes/plan-budget-change.js';
import { ParentLocks } from '../owners/parent-locks.js';
import { areAlike, AttachmentsRepository, type Attached } from './attachments.repository.js';
import { PlacedMembers, refuseElsewhere } from './placed-members.js';

/** What spends from a shared budget, as requests name it: whole lists; absent and null mean no change. */
export interface MemberLists {
  readonly virtual_key_ids?: readonly string[] | null;
  readonly team_ids?: readonly string[] | null;
}

/** A new shared budget. */
export interface NewSharedBudget extends BudgetPatch, MemberLists {
  readonly name: string;
  readonly customer_id?: string | null;
}

/** Budgets of a tenant from which several of its keys and teams spend. */
@Injectable()
export class SharedBudgets {
  constructor(
    private readonly limits: LimitsRepository,
    private readonly attachments: AttachmentsRepository,
    private readonly members: PlacedMembers,
    private readonly parents: ParentLocks,
  ) {}

  /** @returns the id of the new budget. @throws AppError `validation_failed`, `reference_dangling` */
  async create(change: Change, request: NewSharedBudget): Promise<string> {
    const attached = listsAfter({ keyIds: [], teamIds: [] }, request);
    const tenantId = await this.tenantOf(change.tx, request.customer_id ?? null, attached);
    // A new budget has no window yet that a calendar would have to tell.
    const plan = planBudgetChange(undefined, request, DEFAULT_CALENDAR, change.now.getTime());
    if (plan.kind !== 'create') {
      throw new AppError('validation_failed', { detail: 'A new budget needs both max_limit and reset_duration.' });
    }
    const owner = { entity: 'shared_budget', id: tenantId } as const;
    const id = await this.limits.insertBudget(change.tx, owner, { ...plan.state, name: request.name }, change.now);
    await this.attachments.replace(change.tx, id, { keyIds: [], teamIds: [] }, attached, change.now);
    const row = await change.tx.getRepository(BudgetEntity).findOneByOrFail({ id });
    change.touch(tenantId);
    change.audit({
      tenantId,
      action: 'budget.created',
      entityType: 'budget',
      entityId: id,
      before: null,
      after: toAuditShared(row, attached),
    });
    return id;
  }

  /**
   * Holds what a request names in its place. Before the tenant is locked: changes of keys and teams lock in this order.
   *
   * @throws AppError `validation_failed` for what belongs to another tenant, `reference_dangling`
   */
  async holdMembers(tx: EntityManager, tenantId: string, lists: MemberLists): Promise<void> {
    const named = listsAfter({ keyIds: [], teamIds: [] }, lists);
    refuseElsewhere(tenantId, await this.members.lock(tx, named.keyIds, named.teamIds));
  }

  /** Makes the lists of a request the whole of what is attached. */
  async applyMembers(
    change: Change,
    budgetId: string,
    lists: MemberLists,
  ): Promise<{ readonly before: Attached; readonly after: Attached; readonly isChanged: boolean }> {
    const before = await this.attachments.of(change.tx, budgetId);
    const after = listsAfter(before, lists);
    const isChanged = !areAlike(before, after);
    if (isChanged) await this.attachments.replace(change.tx, budgetId, before, after, change.now);
    return { before, after, isChanged };
  }

  /** The shared budgets of a tenant, oldest first. */
  async ofTenant(tx: EntityManager, tenantId: string): Promise<SharedBudgetName[]> {
    const rows = await this.limits.findBudgets(tx, 'shared_budget', [tenantId]);
    return rows.map(({ id, name }) => ({ id, name: name ?? '' }));
  }

  /**
   * Deletes them with their tenant, one audit line each. After its keys and teams: nothing can be attached to what is
   * gone, so none is left behind.
   */
  async deleteWithTenant(change: Change, tenantId: string): Promise<void> {
    const rows = await this.limits.findBudgets(change.tx, 'shared_budget', [tenantId]);
    for (const row of rows) {
      const before = toAuditShared(row, await this.attachments.of(change.tx, row.id));
      await this.limits.deleteBudget(change.tx, row.id);
      change.audit({ tenantId, action: 'budget.deleted', entityType: 'budget', entityId: row.id, before, after: null });
    }
  }

  /** The tenant in which all of it lies. */
  private async tenantOf(tx: EntityManager, customerId: string | null, attached: Attached): Promise<string> {
    const members = await this.members.lock(tx, attached.keyIds, attached.teamIds);
    const customer = customerId === null ? null : await this.parents.referredCustomer(tx, customerId);
    const tenantId = customer?.id ?? members[0]?.tenantId;
    if (tenantId === undefined) {
      throw new AppError('validation_failed', {
        detail: 'A shared budget needs virtual_key_ids or team_ids, or the customer_id in which they will be.',
      });
    }
    refuseElsewhere(tenantId, members);
    return tenantId;
  }
}

/** A shared budget as the audit trail keeps it. */
export function toAuditShared(row: BudgetEntity, { keyIds, teamIds }: Attached): Record<string, unknown> {
  return { ...toAuditBudget(row), virtual_key_ids: keyIds, team_ids: teamIds };
}

function listsAfter(before: Attached, lists: MemberLists): Attached {
  return {
    keyIds: distinct(lists.virtual_key_ids) ?? before.keyIds,
    teamIds: distinct(lists.team_ids) ?? before.teamIds,
  };
}

function distinct(ids: readonly string[] | null | undefined): string[] | undefined {
  return ids === null || ids === undefined ? undefined : [...new Set(ids.map((id) => id.toLowerCase()))];
}
