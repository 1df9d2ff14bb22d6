import { Injectable } from '@nestjs/common';
import { TenantEntity } from '@penstock/entities';
import { type Change, Changed, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { notFound } from '../http/not-found.js';
import { AlignedBudgets, isSameCalendar, type AlignedBudget } from '../limits/changes/aligned-budgets.js';
import type { TenantResponse } from './tenant.response.js';
import type { UpdateTenantRequest } from './tenants.requests.js';
import { TenantsRepository, type TenantRow } from './tenants.repository.js';

type Settings = Pick<TenantEntity, 'timeZone' | 'fiscalYearStartMonth' | 'streamPolicy'>;

/** What holds for a whole tenant: its calendar, and what becomes of its streams. */
@Injectable()
export class TenantsService {
  constructor(
    private readonly tenants: TenantsRepository,
    private readonly changes: PolicyChanges,
    private readonly aligned: AlignedBudgets,
  ) {}

  async get(id: string): Promise<TenantResponse> {
    const tenant = await this.tenants.find(id);
    if (tenant === null) throw notFound('The tenant');
    return toResponse(tenant);
  }

  async update(ctx: RequestContext, id: string, request: UpdateTenantRequest): Promise<Changed<TenantResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const before = await this.tenants.lock(change.tx, id);
      if (before === null) throw notFound('The tenant');
      const after: TenantRow = {
        ...before,
        timeZone: request.time_zone ?? before.timeZone,
        fiscalYearStartMonth: request.fiscal_year_start_month ?? before.fiscalYearStartMonth,
        streamPolicy: request.stream_policy ?? before.streamPolicy,
      };
      const isCalendarChanged = !isSameCalendar(before, after);
      if (!isCalendarChanged && before.streamPolicy === after.streamPolicy) return;
      const budgets = isCalendarChanged ? await this.aligned.ofTenant(change.tx, id) : [];
      await this.apply(change, before, after, budgets);
    });
    return new Changed(await this.get(id), changed.isPropagated);
  }

  private async apply(
    change: Change,
    before: TenantRow,
    after: TenantRow,
    budgets: readonly AlignedBudget[],
  ): Promise<void> {
    const { id, timeZone, fiscalYearStartMonth, streamPolicy } = after;
    await change.tx.getRepository(TenantEntity).update({ id }, { timeZone, fiscalYearStartMonth, streamPolicy });
    const calendarBefore = { timeZone: before.timeZone, fiscalYearStartMonth: before.fiscalYearStartMonth };
    const realigned = await this.aligned.realign(change, budgets, calendarBefore);
    change.touch(id);
    change.audit({
      tenantId: id,
      action: 'tenant.updated',
      entityType: 'tenant',
      entityId: id,
      before: toAudit(before, budgets),
      after: toAudit(after, realigned),
    });
  }
}

function toResponse({ id, kind, name, timeZone, fiscalYearStartMonth, streamPolicy }: TenantRow): TenantResponse {
  return {
    id,
    kind,
    name,
    time_zone: timeZone,
    fiscal_year_start_month: fiscalYearStartMonth,
    stream_policy: streamPolicy,
  };
}

/** Settings, and the windows of the budgets that follow them. */
function toAudit(settings: Settings, budgets: readonly AlignedBudget[]): Record<string, unknown> {
  return {
    time_zone: settings.timeZone,
    fiscal_year_start_month: settings.fiscalYearStartMonth,
    stream_policy: settings.streamPolicy,
    aligned_budgets: budgets.map(({ id, anchorAt, alignedFrom }) => ({
      id,
      anchor_at: anchorAt.toISOString(),
      aligned_from: alignedFrom.toISOString(),
    })),
  };
}
