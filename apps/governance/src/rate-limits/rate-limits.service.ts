import { Injectable } from '@nestjs/common';
import type { RateLimitEntity } from '@penstock/entities';
import { Changed, nextTimestamp, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { notFound } from '../http/not-found.js';
import type { PageQuery } from '../http/page.query.js';
import type { RateLimitRequest } from '../limits/limit-requests.js';
import type { OwnedRateLimitResponse } from '../limits/answers/limit-responses.js';
import { toOwnedRateLimitResponse } from '../limits/answers/limit-views.js';
import { LimitReader } from '../limits/answers/limit-reader.js';
import { announceLimit, LimitsById, RATE_LIMITS } from '../limits/limits-by-id.js';
import { LimitsRepository } from '../limits/limits.repository.js';
import { toAuditRateLimit } from '../limits/changes/owned-limits.js';
import { planRateLimitChange } from '../limits/changes/plan-rate-limit-change.js';

/** Rate limits by their own id; they are created with their owner. */
@Injectable()
export class RateLimitsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly limits: LimitsRepository,
    private readonly byId: LimitsById,
    private readonly reader: LimitReader,
  ) {}

  async list(ctx: RequestContext, page: PageQuery): Promise<OwnedRateLimitResponse[]> {
    return this.views(await this.limits.listRateLimits(this.dataSource.manager, page), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<OwnedRateLimitResponse> {
    const rateLimit = await this.byId.find(this.dataSource.manager, RATE_LIMITS, id);
    const [view] = await this.views([rateLimit], ctx.nowMs);
    if (view === undefined) throw notFound(RATE_LIMITS.what);
    return view;
  }

  async update(ctx: RequestContext, id: string, request: RateLimitRequest): Promise<Changed<OwnedRateLimitResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const { row, owner } = await this.byId.lock(change.tx, RATE_LIMITS, id);
      const plan = planRateLimitChange(row, request, change.now.getTime());
      // Nothing named: as for every other entity, an empty PUT changes nothing; DELETE removes.
      if (plan.kind !== 'update') return;
      await this.limits.updateRateLimit(change.tx, id, plan.state, nextTimestamp(row.updatedAt, change.now));
      const after = toAuditRateLimit({ ...row, ...plan.state });
      announceLimit(change, RATE_LIMITS, owner, 'updated', id, toAuditRateLimit(row), after);
    });
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const { row, owner } = await this.byId.lock(change.tx, RATE_LIMITS, id);
      await this.limits.deleteRateLimit(change.tx, id);
      announceLimit(change, RATE_LIMITS, owner, 'deleted', id, toAuditRateLimit(row), null);
    });
  }

  private async views(rows: readonly RateLimitEntity[], nowMs: number): Promise<OwnedRateLimitResponse[]> {
    const { rateLimits } = await this.reader.read({ budgets: [], rateLimits: rows }, nowMs);
    return rateLimits.map((rateLimit) => toOwnedRateLimitResponse(rateLimit, nowMs));
  }
}
