import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { AdminSessionEntity, AdminUserEntity } from '@penstock/entities';
import { mintOperatorToken, parseTokenSecrets, type RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { AdminConfig } from '../../config.js';
import { auditAccount } from '../account-audit.js';
import { AccountChanges } from '../account-changes.js';
import { loginOf } from '../acting-operator.js';
import type { LoginResponse } from '../admin-user.response.js';
import { AdminSessionsRepository } from './admin-sessions.repository.js';
import { toAdminUserResponse } from '../admin-users.mapping.js';
import { AdminUsersRepository } from '../admin-users.repository.js';
import type { LoginRequest } from '../admin-users.requests.js';
import { normalisedEmail } from '../is-operator-email.decorator.js';
import { PasswordCheck } from '../passwords/password-check.js';

/** How long an expired login stays in the table. */
const EXPIRED_KEPT_MS = 7 * 24 * 3_600_000;

/** Logging in and out. */
@Injectable()
export class LoginsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: AdminConfig,
    private readonly users: AdminUsersRepository,
    private readonly sessions: AdminSessionsRepository,
    private readonly check: PasswordCheck,
    private readonly changes: AccountChanges,
  ) {}

  /** @throws AppError `login_refused`, the same for every reason; `login_throttled`. */
  async login(ctx: RequestContext, request: LoginRequest): Promise<LoginResponse> {
    const email = normalisedEmail(request.email);
    const checked = await this.check.pass(ctx, {
      account: email,
      user: await this.users.findByEmail(email),
      password: request.password,
      refusedAction: 'admin_user.login_refused',
      refusedCode: 'login_refused',
    });
    return this.dataSource.transaction(async (tx) => {
      const user = await this.users.lockById(tx, checked.userId);
      // Deactivated, or with another password, since it was checked.
      if (user === null || !user.isActive || user.passwordHash !== checked.passwordHash) {
        throw new AppError('login_refused');
      }
      return this.open(tx, ctx, user);
    });
  }

  /** Makes a login of an account whose holder has proven to be it, and records it. */
  async open(tx: EntityManager, ctx: RequestContext, user: AdminUserEntity): Promise<LoginResponse> {
    const now = new Date(ctx.nowMs);
    const { userId, email, role } = user;
    const { token, tokenHash, expiresAtMs } = await mintOperatorToken(
      parseTokenSecrets(this.config.PENSTOCK_TOKEN_SECRETS),
      { userId, email, role },
      ctx.nowMs,
    );
    const session = Object.assign(new AdminSessionEntity(), {
      sessionId: uuidv7(ctx.nowMs),
      userId,
      tokenHash,
      createdAt: now,
      expiresAt: new Date(expiresAtMs),
      revokedAt: null,
      ip: ctx.ip,
      userAgent: ctx.userAgent,
    });
    await this.sessions.purgeExpired(tx, new Date(ctx.nowMs - EXPIRED_KEPT_MS));
    await this.sessions.insert(tx, session);
    await this.users.update(tx, userId, { lastLoginAt: now });
    await auditAccount(tx, ctx, {
      action: 'admin_user.logged_in',
      userId,
      actorId: userId,
      before: null,
      after: { session_id: session.sessionId, expires_at: session.expiresAt.toISOString() },
    });
    const loggedIn = Object.assign(new AdminUserEntity(), user, { lastLoginAt: now });
    return { access_token: token, token_type: 'bearer', user: toAdminUserResponse(loggedIn) };
  }

  /** Revokes the login behind the request; its token is refused from now on. */
  async logout(ctx: RequestContext): Promise<void> {
    const { userId, sessionId } = loginOf(ctx);
    await this.changes.run(userId, async (tx) => {
      if (!(await this.sessions.revoke(tx, sessionId, userId, new Date(ctx.nowMs)))) return;
      await auditAccount(tx, ctx, {
        action: 'admin_user.logged_out',
        userId,
        before: { session_id: sessionId },
        after: null,
      });
    });
  }
}
