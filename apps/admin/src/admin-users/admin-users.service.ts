import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { AdminUserEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { auditAccount } from './account-audit.js';
import { AccountChanges } from './account-changes.js';
import { actingOperatorOf } from './acting-operator.js';
import { AdminSessionsRepository } from './logins/admin-sessions.repository.js';
import type { AdminUserResponse } from './admin-user.response.js';
import { toAdminUserResponse, toAuditUser } from './admin-users.mapping.js';
import { AdminUsersRepository } from './admin-users.repository.js';
import type { CreateAdminUserRequest, UpdateAdminUserRequest } from './admin-users.requests.js';
import { ChangeRefusals } from './change-refusals.js';
import { normalisedEmail } from './is-operator-email.decorator.js';
import { Passwords } from './passwords/passwords.js';
import { refusalOfCreate, refusalOfDelete, refusalOfUpdate } from './plan-user-change.js';

/** The accounts of operators, as owners and admins manage them. */
@Injectable()
export class AdminUsersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: AdminUsersRepository,
    private readonly sessions: AdminSessionsRepository,
    private readonly passwords: Passwords,
    private readonly changes: AccountChanges,
    private readonly refusals: ChangeRefusals,
  ) {}

  async list(): Promise<AdminUserResponse[]> {
    const users = await this.users.list();
    return users.map((user) => toAdminUserResponse(user));
  }

  async create(ctx: RequestContext, request: CreateAdminUserRequest): Promise<AdminUserResponse> {
    const actor = actingOperatorOf(ctx);
    const refusal = refusalOfCreate(actor, request.role);
    if (refusal !== null) await this.refusals.refuse(ctx, 'new', refusal);
    const user = Object.assign(new AdminUserEntity(), {
      userId: uuidv7(ctx.nowMs),
      email: normalisedEmail(request.email),
      displayName: request.display_name,
      passwordHash: await this.passwords.hash(request.password),
      role: request.role,
      isActive: true,
      createdAt: new Date(ctx.nowMs),
      createdBy: actor.id,
      lastLoginAt: null,
      metadata: request.metadata ?? {},
    });
    await this.dataSource.transaction(async (tx) => {
      await this.users.lockAll(tx);
      await this.users.insert(tx, user);
      await auditAccount(tx, ctx, {
        action: 'admin_user.created',
        userId: user.userId,
        before: null,
        after: toAuditUser(user),
      });
    });
    return toAdminUserResponse(user);
  }

  async update(ctx: RequestContext, userId: string, request: UpdateAdminUserRequest): Promise<AdminUserResponse> {
    const change = { role: request.role ?? undefined, isActive: request.is_active ?? undefined };
    const decided = await this.changes.run(userId, async (tx) => {
      const before = await this.lock(tx, userId);
      const otherOwners = await this.users.countOtherOwners(tx, userId);
      const refusal = refusalOfUpdate(actingOperatorOf(ctx), before, change, otherOwners);
      if (refusal !== null) return refusal;
      const fields = {
        displayName: request.display_name ?? before.displayName,
        role: change.role ?? before.role,
        isActive: change.isActive ?? before.isActive,
        metadata: request.metadata ?? before.metadata,
      };
      const after = Object.assign(new AdminUserEntity(), before, fields);
      if (JSON.stringify(toAuditUser(after)) === JSON.stringify(toAuditUser(before))) return before;
      await this.users.update(tx, userId, fields);
      if (!after.isActive) await this.sessions.revokeAllOf(tx, userId, new Date(ctx.nowMs), null);
      await auditAccount(tx, ctx, {
        action: 'admin_user.updated',
        userId,
        before: toAuditUser(before),
        after: toAuditUser(after),
      });
      return after;
    });
    return toAdminUserResponse(await this.orRefuse(ctx, userId, decided));
  }

  /** The account stays, inactive; its e-mail address stays taken; every login of it ends. */
  async deactivate(ctx: RequestContext, userId: string): Promise<void> {
    const decided = await this.changes.run(userId, async (tx) => {
      const before = await this.lock(tx, userId);
      const otherOwners = await this.users.countOtherOwners(tx, userId);
      const refusal = refusalOfDelete(actingOperatorOf(ctx), before, otherOwners);
      if (refusal !== null) return refusal;
      if (!before.isActive) return before;
      await this.users.update(tx, userId, { isActive: false });
      const revoked = await this.sessions.revokeAllOf(tx, userId, new Date(ctx.nowMs), null);
      await auditAccount(tx, ctx, {
        action: 'admin_user.deleted',
        userId,
        before: toAuditUser(before),
        after: { is_active: false, sessions_revoked: revoked },
      });
      return before;
    });
    await this.orRefuse(ctx, userId, decided);
  }

  private async lock(tx: EntityManager, userId: string): Promise<AdminUserEntity> {
    await this.users.lockAll(tx);
    const user = await this.users.lockById(tx, userId);
    if (user === null) throw new AppError('not_found', { detail: 'The admin user was not found.' });
    return user;
  }

  private async orRefuse(
    ctx: RequestContext,
    userId: string,
    decided: AdminUserEntity | AppError,
  ): Promise<AdminUserEntity> {
    if (!(decided instanceof AppError)) return decided;
    return this.refusals.refuse(ctx, userId, decided);
  }
}
