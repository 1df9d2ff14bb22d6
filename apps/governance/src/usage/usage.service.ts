import { Injectable } from '@nestjs/common';
import type { RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { Changed } from '../changes/changed.js';
import { PolicyChanges } from '../changes/policy-changes.js';
import { isUuid } from '../http/entity-id.pipe.js';
import { notFound } from '../http/not-found.js';
import { LimitBook, type LimitAnswer } from '../limits/limit-book.js';
import { toAuditLimits } from '../limits/owned-limits.js';
import { ResettableLimits } from '../limits/resettable-limits.js';
import { OwnerLocks } from '../owners/owner-locks.js';
import type { UsageStat } from './usage.responses.js';

interface KeyRow {
  readonly id: string;
  readonly createdAt: Date;
}

const KEYS_SQL = `
SELECT k.id, k.created_at AS "createdAt" FROM governance.virtual_keys k`;

const HAS_LIMITS_SQL = `EXISTS (SELECT FROM governance.budgets b WHERE b.virtual_key_id = k.id)
  OR EXISTS (SELECT FROM governance.rate_limits r WHERE r.virtual_key_id = k.id)`;

/** Usage as it is enforced, and its reset. */
@Injectable()
export class UsageService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limitBook: LimitBook,
    private readonly changes: PolicyChanges,
    private readonly owners: OwnerLocks,
    private readonly limits: ResettableLimits,
  ) {}

  async ofAllKeys(ctx: RequestContext): Promise<UsageStat[]> {
    const keys: KeyRow[] = await this.dataSource.query(
      `${KEYS_SQL} WHERE ${HAS_LIMITS_SQL} ORDER BY k.created_at, k.id`,
    );
    return this.stats(keys, ctx.nowMs);
  }

  async ofKey(ctx: RequestContext, id: string): Promise<UsageStat> {
    const keys: KeyRow[] = isUuid(id) ? await this.dataSource.query(`${KEYS_SQL} WHERE k.id = $1`, [id]) : [];
    const [stat] = await this.stats(keys, ctx.nowMs);
    if (stat === undefined) throw notFound('The virtual key');
    return stat;
  }

  async reset(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const owner = { entity: 'virtual_key', id } as const;
      const locked = isUuid(id) ? await this.owners.lock(change.tx, owner) : null;
      if (locked === null) throw notFound('The virtual key');
      const { before, after } = await this.limits.reset(change, owner);
      change.touch(locked.tenantId, locked.keyHashes);
      change.audit({
        tenantId: locked.tenantId,
        action: 'usage.reset',
        entityType: 'virtual_key',
        entityId: id,
        before: toAuditLimits(before),
        after: toAuditLimits(after),
      });
    });
  }

  private async stats(keys: readonly KeyRow[], nowMs: number): Promise<UsageStat[]> {
    const limits = await this.limitBook.answers(
      'virtual_key',
      keys.map(({ id }) => id),
      nowMs,
    );
    return keys.map((key) => toUsageStat(key, limits.get(key.id) ?? {}));
  }
}

function toUsageStat(key: KeyRow, { budget, rate_limit }: LimitAnswer): UsageStat {
  const since = key.createdAt.toISOString();
  return {
    virtual_key_id: key.id,
    tokens_current_usage: rate_limit?.token_current_usage ?? 0,
    requests_current_usage: rate_limit?.request_current_usage ?? 0,
    tokens_last_reset: rate_limit?.token_last_reset ?? since,
    requests_last_reset: rate_limit?.request_last_reset ?? since,
    ...(budget === undefined
      ? {}
      : { budget_current_usage: budget.current_usage, budget_last_reset: budget.last_reset }),
  };
}
