import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';
import { type Change, type Changed, type LimitOwner, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { isUuid } from '../http/entity-id.pipe.js';
import { notFound } from '../http/not-found.js';
import { BUDGETS, LimitsById, RATE_LIMITS } from '../limits/limits-by-id.js';
import { OwnedLimits, toAuditLimits, type OwnedLimitRows } from '../limits/changes/owned-limits.js';
import { ResettableLimits } from '../limits/changes/resettable-limits.js';
import { OwnerLocks, type LockedOwner } from '../owners/owner-locks.js';
import { ConfigOwners, configsNamed } from './config-owners.js';
import { resetSubject, type ResetSubject } from './reset-subject.js';
import type { UsageResetRequest } from './usage.requests.js';

/** Limits whose owner is locked. */
interface LockedLimits {
  readonly owner: LockedOwner;
  readonly limits: OwnedLimitRows;
}

/** Lets limits count from zero again. */
@Injectable()
export class UsageResetService {
  constructor(
    private readonly changes: PolicyChanges,
    private readonly owners: OwnerLocks,
    private readonly owned: OwnedLimits,
    private readonly byId: LimitsById,
    private readonly configs: ConfigOwners,
    private readonly resettable: ResettableLimits,
  ) {}

  /**
   * @throws AppError `not_found` when there is no such thing, or nothing of it that the request names;
   * `validation_failed` unless exactly one thing is named.
   */
  async reset(ctx: RequestContext, request: UsageResetRequest): Promise<Changed<void>> {
    const subject = resetSubject(request);
    return this.changes.run(ctx, async (change) => {
      const { owner, limits } = await this.find(change, subject, request);
      const after = await this.resettable.reset(change, limits);
      change.touch(owner.tenantId, owner.keyHashes);
      change.audit({
        tenantId: owner.tenantId,
        action: 'usage.reset',
        entityType: subject.kind,
        entityId: subject.id,
        before: toAuditLimits(limits),
        after: toAuditLimits(after),
      });
    });
  }

  private async find(change: Change, subject: ResetSubject, request: UsageResetRequest): Promise<LockedLimits> {
    const { kind, id } = subject;
    if (!isUuid(id)) throw notFound(`The ${kind.replace('_', ' ')}`);
    if (kind === 'budget') {
      const { row, owner } = await this.byId.lock(change.tx, BUDGETS, id);
      return { owner, limits: { budgets: [row], rateLimits: [] } };
    }
    if (kind === 'rate_limit') {
      const { row, owner } = await this.byId.lock(change.tx, RATE_LIMITS, id);
      return { owner, limits: { budgets: [], rateLimits: [row] } };
    }
    const carrier = { entity: kind, id } as const;
    const owner = await this.owners.lock(change.tx, carrier);
    if (owner === null) throw notFound(`The ${kind.replace('_', ' ')}`);
    return { owner, limits: await this.limitsOf(change, carrier, request) };
  }

  /**
   * Those of the carrier and of all its configs, or of the configs that the request names. The limits of a key without
   * configs are about every provider and model, so they are meant by whichever is named.
   */
  private async limitsOf(change: Change, carrier: LimitOwner, request: UsageResetRequest): Promise<OwnedLimitRows> {
    const configs = await this.configs.of(change.tx, carrier);
    const named = { provider: request.provider?.toLowerCase(), model: request.model ?? undefined };
    const isPart = configs.length > 0 && (named.provider !== undefined || named.model !== undefined);
    const owners = isPart ? configsNamed(configs, named) : [carrier, ...configs];
    const budgets: BudgetEntity[] = [];
    const rateLimits: RateLimitEntity[] = [];
    for (const owner of owners) {
      const found = await this.owned.find(change, owner);
      budgets.push(...found.budgets);
      rateLimits.push(...found.rateLimits);
    }
    if (isPart && budgets.length + rateLimits.length === 0) {
      const parts = [named.provider, named.model]
        .filter((part) => part !== undefined)
        .map((part) => JSON.stringify(part));
      throw new AppError('not_found', {
        detail: `The virtual key has no limits of its own for ${parts.join(' and ')}. Leave out provider and model to reset all of its limits.`,
      });
    }
    return { budgets, rateLimits };
  }
}
