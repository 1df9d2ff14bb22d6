import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { RequestContext } from '@penstock/platform';

import { auditAccount } from '../account-audit.js';
import { AccountChanges } from '../account-changes.js';
import { loginOf } from '../acting-operator.js';
import { AdminSessionsRepository } from './admin-sessions.repository.js';
import type { AdminUserResponse } from '../admin-user.response.js';
import { toAdminUserResponse } from '../admin-users.mapping.js';
import { AdminUsersRepository } from '../admin-users.repository.js';
import type { ChangePasswordRequest } from '../admin-users.requests.js';
import { PasswordCheck } from '../passwords/password-check.js';
import { Passwords } from '../passwords/passwords.js';

/** What everybody may do with the account that is logged in. */
@Injectable()
export class OwnAccountService {
  constructor(
    private readonly changes: AccountChanges,
    private readonly users: AdminUsersRepository,
    private readonly sessions: AdminSessionsRepository,
    private readonly passwords: Passwords,
    private readonly check: PasswordCheck,
  ) {}

  async me(ctx: RequestContext): Promise<AdminUserResponse> {
    const user = await this.users.findById(loginOf(ctx).userId);
    if (user === null) throw new AppError('authentication_invalid');
    return toAdminUserResponse(user);
  }

  /** Every other login of the account ends: whoever knew the old password is out. */
  async changePassword(ctx: RequestContext, request: ChangePasswordRequest): Promise<void> {
    const { userId, sessionId } = loginOf(ctx);
    const checked = await this.check.pass(ctx, {
      account: userId,
      user: await this.users.findById(userId),
      password: request.current_password,
      refusedAction: 'admin_user.password_change_refused',
      refusedCode: 'password_wrong',
    });
    const passwordHash = await this.passwords.hash(request.new_password);
    await this.changes.run(userId, async (tx) => {
      const user = await this.users.lockById(tx, userId);
      // Another change of it was faster.
      if (user === null || user.passwordHash !== checked.passwordHash) throw new AppError('password_wrong');
      await this.users.update(tx, userId, { passwordHash });
      const revoked = await this.sessions.revokeAllOf(tx, userId, new Date(ctx.nowMs), sessionId);
      await auditAccount(tx, ctx, {
        action: 'admin_user.password_changed',
        userId,
        before: null,
        after: { sessions_revoked: revoked },
      });
    });
  }
}
