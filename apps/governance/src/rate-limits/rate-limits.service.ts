import { Injectable } from '@nestjs/common';
import { RateLimitEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import type { Change } from '../changes/change.js';
import { Changed } from '../changes/changed.js';
import { nextTimestamp } from '../changes/next-timestamp.js';
import { PolicyChanges } from '../changes/policy-changes.js';
import { notFound } from '../http/not-found.js';
import type { PageQuery } from '../http/page.query.js';
import type { RateLimitRequest } from '../limits/limit-requests.js';
import type { OwnedRateLimitResponse } from '../limits/limit-responses.js';
import { toOwnedRateLimitResponse } from '../limits/limit-views.js';
import { ownerOf } from '../limits/limit-owner.js';
import { LimitReader } from '../limits/limit-reader.js';
import { LimitsRepository } from '../limits/limits.repository.js';
import { toAuditRateLimit } from '../limits/owned-limits.js';
import { planRateLimitChange } from '../limits/plan-rate-limit-change.js';
import { OwnerLocks, type LockedOwner } from '../owners/owner-locks.js';

/** Rate limits by their own id; they are created with their owner. */
@Injectable()
export class RateLimitsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly limits: LimitsRepository,
    private readonly owners: OwnerLocks,
    private readonly reader: LimitReader,
  ) {}

  async list(ctx: RequestContext, page: PageQuery): Promise<OwnedRateLimitResponse[]> {
    return this.views(await this.limits.listRateLimits(this.dataSource.manager, page), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<OwnedRateLimitResponse> {
    const rateLimit = await this.find(this.dataSource.manager, id);
    const [view] = await this.views([rateLimit], ctx.nowMs);
    if (view === undefined) throw notFound('The rate limit');
    return view;
  }

  async update(ctx: RequestContext, id: string, request: RateLimitRequest): Promise<Changed<OwnedRateLimitResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const { before, owner } = await this.lock(change.tx, id);
      const plan = planRateLimitChange(before, request, change.now.getTime());
      // Nothing named: as for every other entity, an empty PUT changes nothing; DELETE removes.
      if (plan.kind !== 'update') return;
      const now = nextTimestamp(before.updatedAt, change.now);
      await this.limits.updateRateLimit(change.tx, id, plan.state, now);
      this.announce(change, owner, 'rate_limit.updated', before, { ...before, ...plan.state });
    });
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const { before, owner } = await this.lock(change.tx, id);
      await this.limits.deleteRateLimit(change.tx, id);
      this.announce(change, owner, 'rate_limit.deleted', before, null);
    });
  }

  private announce(
    change: Change,
    owner: LockedOwner,
    action: string,
    before: RateLimitEntity,
    after: RateLimitEntity | null,
  ): void {
    change.touch(owner.tenantId, owner.keyHashes);
    change.audit({
      tenantId: owner.tenantId,
      action,
      entityType: 'rate_limit',
      entityId: before.id,
      before: toAuditRateLimit(before),
      after: after === null ? null : toAuditRateLimit(after),
    });
  }

  /** Locks the owner first, as every other change of the limit does, then reads the row that counts. */
  private async lock(tx: EntityManager, id: string): Promise<{ before: RateLimitEntity; owner: LockedOwner }> {
    const owner = await this.owners.lock(tx, ownerOf(await this.find(tx, id)));
    if (owner === null) throw notFound('The rate limit');
    return { before: await this.find(tx, id), owner };
  }

  private async find(manager: EntityManager, id: string): Promise<RateLimitEntity> {
    const rateLimit = await manager.getRepository(RateLimitEntity).findOneBy({ id });
    if (rateLimit === null) throw notFound('The rate limit');
    return rateLimit;
  }

  private async views(rows: readonly RateLimitEntity[], nowMs: number): Promise<OwnedRateLimitResponse[]> {
    const { rateLimits, usage } = await this.reader.read({ budgets: [], rateLimits: rows }, nowMs);
    return rateLimits.map((rateLimit) => toOwnedRateLimitResponse(rateLimit, usage, nowMs));
  }
}
