import { Injectable } from '@nestjs/common';
import { BudgetEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import type { Change } from '../changes/change.js';
import { Changed } from '../changes/changed.js';
import { nextTimestamp } from '../changes/next-timestamp.js';
import { PolicyChanges } from '../changes/policy-changes.js';
import { notFound } from '../http/not-found.js';
import type { PageQuery } from '../http/page.query.js';
import type { BudgetRequest } from '../limits/limit-requests.js';
import type { OwnedBudgetResponse } from '../limits/limit-responses.js';
import { toOwnedBudgetResponse } from '../limits/limit-views.js';
import { ownerOf } from '../limits/limit-owner.js';
import { LimitReader } from '../limits/limit-reader.js';
import { LimitTenants } from '../limits/limit-tenants.js';
import { LimitsRepository } from '../limits/limits.repository.js';
import { toAuditBudget } from '../limits/owned-limits.js';
import { planBudgetChange } from '../limits/plan-budget-change.js';
import { OwnerLocks, type LockedOwner } from '../owners/owner-locks.js';

/** Budgets by their own id; they are created with their owner. */
@Injectable()
export class BudgetsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly limits: LimitsRepository,
    private readonly owners: OwnerLocks,
    private readonly tenants: LimitTenants,
    private readonly reader: LimitReader,
  ) {}

  async list(ctx: RequestContext, page: PageQuery): Promise<OwnedBudgetResponse[]> {
    return this.views(await this.limits.listBudgets(this.dataSource.manager, page), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<OwnedBudgetResponse> {
    const budget = await this.find(this.dataSource.manager, id);
    const [view] = await this.views([budget], ctx.nowMs);
    if (view === undefined) throw notFound('The budget');
    return view;
  }

  async update(ctx: RequestContext, id: string, request: BudgetRequest): Promise<Changed<OwnedBudgetResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const { before, owner } = await this.lock(change.tx, id);
      const { calendar } = await this.tenants.ofOwner(change.tx, ownerOf(before));
      const plan = planBudgetChange(before, request, calendar, change.now.getTime());
      // Nothing named: as for every other entity, an empty PUT changes nothing; DELETE removes.
      if (plan.kind !== 'update') return;
      const now = nextTimestamp(before.updatedAt, change.now);
      await this.limits.updateBudget(change.tx, id, plan.state, now);
      this.announce(change, owner, 'budget.updated', before, { ...before, ...plan.state });
    });
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const { before, owner } = await this.lock(change.tx, id);
      await this.limits.deleteBudget(change.tx, id);
      this.announce(change, owner, 'budget.deleted', before, null);
    });
  }

  private announce(
    change: Change,
    owner: LockedOwner,
    action: string,
    before: BudgetEntity,
    after: BudgetEntity | null,
  ): void {
    change.touch(owner.tenantId, owner.keyHashes);
    change.audit({
      tenantId: owner.tenantId,
      action,
      entityType: 'budget',
      entityId: before.id,
      before: toAuditBudget(before),
      after: after === null ? null : toAuditBudget(after),
    });
  }

  /** Locks the owner first, as every other change of the limit does, then reads the row that counts. */
  private async lock(tx: EntityManager, id: string): Promise<{ before: BudgetEntity; owner: LockedOwner }> {
    const owner = await this.owners.lock(tx, ownerOf(await this.find(tx, id)));
    if (owner === null) throw notFound('The budget');
    return { before: await this.find(tx, id), owner };
  }

  private async find(manager: EntityManager, id: string): Promise<BudgetEntity> {
    const budget = await manager.getRepository(BudgetEntity).findOneBy({ id });
    if (budget === null) throw notFound('The budget');
    return budget;
  }

  private async views(rows: readonly BudgetEntity[], nowMs: number): Promise<OwnedBudgetResponse[]> {
    const { budgets, usage } = await this.reader.read({ budgets: rows, rateLimits: [] }, nowMs);
    return budgets.map((budget) => toOwnedBudgetResponse(budget, usage, nowMs));
  }
}
