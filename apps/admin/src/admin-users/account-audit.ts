import { uuidv7 } from '@penstock/domain';
import { appendAudit, SYSTEM_TENANT_ID } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

/** What was done to an account. Nothing of passwords and tokens may be in `before` and `after`. */
export interface AccountChange {
  /** Dotted, past tense: `admin_user.updated`. */
  readonly action: string;
  readonly userId: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  /** Who did it, where the request itself does not say: a login names its account only when it succeeds. */
  readonly actorId?: string;
}

/** Appends to the chain of the system: accounts belong to the installation, not to a tenant. */
export async function auditAccount(tx: EntityManager, ctx: RequestContext, change: AccountChange): Promise<void> {
  const { action, userId, before, after, actorId } = change;
  await appendAudit(tx, {
    id: uuidv7(ctx.nowMs),
    tenantId: SYSTEM_TENANT_ID,
    occurredAt: new Date(ctx.nowMs),
    actorType: actorId === undefined ? ctx.actor.kind : 'operator',
    actorId: actorId ?? ctx.actor.id,
    action,
    entityType: 'admin_user',
    entityId: userId,
    before,
    after,
    ip: ctx.ip,
    userAgent: ctx.userAgent,
    requestId: ctx.requestId,
  });
}
