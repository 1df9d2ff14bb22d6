import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { BudgetEntity } from '@penstock/entities';
import { type Change, Changed, nextTimestamp, ownerOf, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { isUuid } from '../http/entity-id.pipe.js';
import { notFound } from '../http/not-found.js';
import type { OwnedBudgetResponse } from '../limits/answers/limit-responses.js';
import { toOwnedBudgetResponse } from '../limits/answers/limit-views.js';
import { LimitReader } from '../limits/answers/limit-reader.js';
import { LimitTenants } from '../limits/limit-tenants.js';
import { announceLimit, BUDGETS, LimitsById } from '../limits/limits-by-id.js';
import { LimitsRepository } from '../limits/limits.repository.js';
import { toAuditBudget } from '../limits/changes/owned-limits.js';
import { planBudgetChange } from '../limits/changes/plan-budget-change.js';
import { AttachmentsRepository } from '../shared-budgets/attachments.repository.js';
import { SharedBudgets, toAuditShared } from '../shared-budgets/shared-budgets.js';
import type { BudgetListQuery, CreateSharedBudgetRequest, UpdateBudgetRequest } from './budgets.requests.js';

/** Budgets by their own id: those of one owner, which are created with it, and shared ones. */
@Injectable()
export class BudgetsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly limits: LimitsRepository,
    private readonly byId: LimitsById,
    private readonly tenants: LimitTenants,
    private readonly reader: LimitReader,
    private readonly shared: SharedBudgets,
    private readonly attachments: AttachmentsRepository,
  ) {}

  async list(ctx: RequestContext, { shared, customer_id, ...page }: BudgetListQuery): Promise<OwnedBudgetResponse[]> {
    const isFiltered = customer_id !== undefined && customer_id !== '';
    // What is no id is nobody's.
    if (isFiltered && !isUuid(customer_id)) return [];
    const filter = {
      ...page,
      ...(shared === undefined ? {} : { isShared: shared === 'true' }),
      ...(isFiltered ? { customerId: customer_id } : {}),
    };
    return this.views(await this.limits.listBudgets(this.dataSource.manager, filter), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<OwnedBudgetResponse> {
    const budget = await this.byId.find(this.dataSource.manager, BUDGETS, id);
    const [view] = await this.views([budget], ctx.nowMs);
    if (view === undefined) throw notFound(BUDGETS.what);
    return view;
  }

  async share(ctx: RequestContext, request: CreateSharedBudgetRequest): Promise<Changed<OwnedBudgetResponse>> {
    const changed = await this.changes.run(ctx, (change) => this.shared.create(change, request));
    return new Changed(await this.get(ctx, changed.body), changed.isPropagated);
  }

  async update(ctx: RequestContext, id: string, request: UpdateBudgetRequest): Promise<Changed<OwnedBudgetResponse>> {
    const changed = await this.changes.run(ctx, (change) => this.applyUpdate(change, id, request));
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const { row, owner } = await this.byId.lock(change.tx, BUDGETS, id);
      const before = isShared(row) ? toAuditShared(row, await this.attachments.of(change.tx, id)) : toAuditBudget(row);
      await this.limits.deleteBudget(change.tx, id);
      announceLimit(change, BUDGETS, owner, 'deleted', id, before, null);
    });
  }

  private async applyUpdate(change: Change, id: string, request: UpdateBudgetRequest): Promise<void> {
    const { tx } = change;
    const found = await this.byId.find(tx, BUDGETS, id);
    if (found.sharedTenantId === null) refuseSharedFields(request);
    else await this.shared.holdMembers(tx, found.sharedTenantId, request);
    const { row, owner } = await this.byId.lock(tx, BUDGETS, id);
    const { calendar } = await this.tenants.ofOwner(tx, ownerOf(row));
    const plan = planBudgetChange(row, request, calendar, change.now.getTime());
    const name = request.name ?? row.name;
    const members = isShared(row) ? await this.shared.applyMembers(change, id, request) : undefined;
    // An empty PUT changes nothing, as for every other entity; DELETE removes.
    const state = plan.kind === 'update' ? plan.state : {};
    if (plan.kind !== 'update' && name === row.name && members?.isChanged !== true) return;
    await this.limits.updateBudget(tx, id, { ...state, name }, nextTimestamp(row.updatedAt, change.now));
    const after = { ...row, ...state, name };
    if (members === undefined) {
      announceLimit(change, BUDGETS, owner, 'updated', id, toAuditBudget(row), toAuditBudget(after));
      return;
    }
    const before = toAuditShared(row, members.before);
    announceLimit(change, BUDGETS, owner, 'updated', id, before, toAuditShared(after, members.after));
  }

  private async views(rows: readonly BudgetEntity[], nowMs: number): Promise<OwnedBudgetResponse[]> {
    const [{ budgets }, attached] = await Promise.all([
      this.reader.read({ budgets: rows, rateLimits: [] }, nowMs),
      this.attachments.ofBudgets(
        this.dataSource.manager,
        rows.filter(isShared).map(({ id }) => id),
      ),
    ]);
    return budgets.map((budget) => {
      const view = toOwnedBudgetResponse(budget, nowMs);
      if (!isShared(budget.row)) return view;
      const { keyIds = [], teamIds = [] } = attached.get(budget.row.id) ?? {};
      return { ...view, virtual_key_ids: [...keyIds], team_ids: [...teamIds] };
    });
  }
}

function isShared(row: BudgetEntity): boolean {
  return row.sharedTenantId !== null;
}

/** @throws AppError `validation_failed` */
function refuseSharedFields(request: UpdateBudgetRequest): void {
  const named = (['name', 'virtual_key_ids', 'team_ids'] as const).filter((field) => (request[field] ?? null) !== null);
  if (named.length === 0) return;
  throw new AppError('validation_failed', {
    detail: `${named.join(' and ')} can only be set on a shared budget, and this one has one owner.`,
    fields: named.map((path) => ({ path, reason: 'needs a shared budget' })),
  });
}
