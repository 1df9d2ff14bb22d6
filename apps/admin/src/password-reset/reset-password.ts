import { randomUUID } from 'node:crypto';

import { AppError } from '@penstock/domain';
import { AdminSessionEntity, AdminUserEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import { type DataSource, IsNull } from 'typeorm';

import { auditAccount } from '../admin-users/account-audit.js';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../admin-users/admin-users.requests.js';
import { Passwords } from '../admin-users/passwords/passwords.js';

/** What a reset did. */
export interface PasswordReset {
  readonly userId: string;
  readonly sessionsRevoked: number;
}

/**
 * Sets the password of an account and lets it in again: for whoever runs the installation, when nobody can log in any
 * more. Every login of the account ends. Processes that remember one forget it within a second of the commit.
 *
 * @param email as it was given when the account was made.
 * @throws AppError `validation_failed` for a password that the API would not take, `not_found` for no such account.
 */
export async function resetPassword(
  dataSource: DataSource,
  email: string,
  password: string,
  nowMs: number,
): Promise<PasswordReset> {
  if (password.length < PASSWORD_LENGTH_MIN || password.length > PASSWORD_LENGTH_MAX || !password.isWellFormed()) {
    throw new AppError('validation_failed', {
      detail: `The password must have ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} whole characters.`,
    });
  }
  const passwordHash = await new Passwords().hash(password);
  return dataSource.transaction(async (tx) => {
    const user = await tx.findOne(AdminUserEntity, { where: { email }, lock: { mode: 'pessimistic_write' } });
    if (user === null) throw new AppError('not_found', { detail: `There is no account '${email}'.` });
    const { userId } = user;
    await tx.update(AdminUserEntity, userId, { passwordHash, isActive: true });
    const { affected } = await tx.update(
      AdminSessionEntity,
      { userId, revokedAt: IsNull() },
      { revokedAt: new Date(nowMs) },
    );
    const sessionsRevoked = affected ?? 0;
    await auditAccount(tx, commandContext(nowMs), {
      action: 'admin_user.password_reset',
      userId,
      before: { is_active: user.isActive },
      after: { is_active: true, sessions_revoked: sessionsRevoked },
    });
    return { userId, sessionsRevoked };
  });
}

/** The command has the database, not the API: no operator is behind it. */
function commandContext(nowMs: number): RequestContext {
  return {
    requestId: `reset-password-${randomUUID()}`,
    actor: { kind: 'system', id: 'reset-password' },
    ip: '',
    userAgent: '',
    nowMs,
  };
}
