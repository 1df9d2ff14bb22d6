import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { AdminSessionEntity, AdminUserEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';

import { auditAccount } from '../account-audit.js';
import { AccountChanges } from '../account-changes.js';
import { actingOperatorOf, loginOf } from '../acting-operator.js';
import { AdminUsersRepository } from '../admin-users.repository.js';
import { ChangeRefusals } from '../change-refusals.js';
import { refusalOfSessions } from '../plan-user-change.js';
import type { AdminSessionResponse } from './admin-session.response.js';
import { AdminSessionsRepository } from './admin-sessions.repository.js';

/** Logins as they are looked at and ended: the own ones, and those of accounts that one manages. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly users: AdminUsersRepository,
    private readonly sessions: AdminSessionsRepository,
    private readonly changes: AccountChanges,
    private readonly refusals: ChangeRefusals,
  ) {}

  listOwn(ctx: RequestContext): Promise<AdminSessionResponse[]> {
    return this.good(ctx, loginOf(ctx).userId);
  }

  /** @throws AppError `not_found`, `role_insufficient` */
  async listOf(ctx: RequestContext, userId: string): Promise<AdminSessionResponse[]> {
    await this.managed(ctx, userId);
    return this.good(ctx, userId);
  }

  /** Ends one of the own logins, the one that asks too. @throws AppError `not_found` */
  async revokeOwn(ctx: RequestContext, sessionId: string): Promise<void> {
    await this.revoke(ctx, loginOf(ctx).userId, sessionId);
  }

  /** @throws AppError `not_found`, `role_insufficient` */
  async revokeOf(ctx: RequestContext, userId: string, sessionId: string): Promise<void> {
    await this.managed(ctx, userId);
    await this.revoke(ctx, userId, sessionId);
  }

  /** Ends every own login, the one that asks too. Returns how many there were. */
  revokeAllOwn(ctx: RequestContext): Promise<number> {
    return this.revokeAll(ctx, loginOf(ctx).userId);
  }

  /** @throws AppError `not_found`, `role_insufficient` */
  async revokeAllOf(ctx: RequestContext, userId: string): Promise<number> {
    await this.managed(ctx, userId);
    return this.revokeAll(ctx, userId);
  }

  private async good(ctx: RequestContext, userId: string): Promise<AdminSessionResponse[]> {
    const { sessionId } = actingOperatorOf(ctx);
    const found = await this.sessions.listGood(userId, new Date(ctx.nowMs));
    return found.map((session) => toAdminSessionResponse(session, sessionId));
  }

  private async revoke(ctx: RequestContext, userId: string, sessionId: string): Promise<void> {
    const isRevoked = await this.changes.run(userId, async (tx) => {
      if (!(await this.sessions.revoke(tx, sessionId, userId, new Date(ctx.nowMs)))) return false;
      const before = { session_id: sessionId };
      await auditAccount(tx, ctx, { action: 'admin_user.session_revoked', userId, before, after: null });
      return true;
    });
    if (!isRevoked) throw new AppError('not_found', { detail: 'There is no such login, or it has ended.' });
  }

  private revokeAll(ctx: RequestContext, userId: string): Promise<number> {
    return this.changes.run(userId, async (tx) => {
      const revoked = await this.sessions.revokeAllOf(tx, userId, new Date(ctx.nowMs), null);
      const after = { sessions_revoked: revoked };
      await auditAccount(tx, ctx, { action: 'admin_user.sessions_revoked', userId, before: null, after });
      return revoked;
    });
  }

  /** The account, when the caller manages it. */
  private async managed(ctx: RequestContext, userId: string): Promise<AdminUserEntity> {
    const user = await this.users.findById(userId);
    if (user === null) throw new AppError('not_found', { detail: 'The admin user was not found.' });
    const refusal = refusalOfSessions(actingOperatorOf(ctx), user);
    if (refusal !== null) await this.refusals.refuse(ctx, userId, refusal);
    return user;
  }
}

function toAdminSessionResponse(session: AdminSessionEntity, currentId: string | null): AdminSessionResponse {
  return {
    session_id: session.sessionId,
    user_id: session.userId,
    created_at: session.createdAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    ip_address: session.ip,
    user_agent: session.userAgent,
    is_current: session.sessionId === currentId,
  };
}
