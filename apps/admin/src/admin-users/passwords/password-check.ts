import { Injectable } from '@nestjs/common';
import { AppError, type ErrorCode } from '@penstock/domain';
import type { AdminUserEntity } from '@penstock/entities';
import { RefusalAudit, type RequestContext } from '@penstock/platform';

import { attemptBuckets } from './attempt-buckets.js';
import { LoginThrottle } from './login-throttle.js';
import { Passwords } from './passwords.js';

/** Somebody says that this is the password of an account. */
export interface PasswordAttempt {
  /** What the attempts at one account have in common, whether or not it exists. */
  readonly account: string;
  /** Null when there is no such account; the check takes as long. */
  readonly user: AdminUserEntity | null;
  readonly password: string;
  /** Action of the audit entry when it is wrong: dotted, past tense. */
  readonly refusedAction: string;
  readonly refusedCode: ErrorCode;
}

/** The one place where a password is checked: throttled, in constant time, refusals audited. */
@Injectable()
export class PasswordCheck {
  constructor(
    private readonly passwords: Passwords,
    private readonly throttle: LoginThrottle,
    private readonly refusals: RefusalAudit,
  ) {}

  /** @throws AppError the attempt's code when the password is wrong, `login_throttled` after too many of those. */
  async pass(ctx: RequestContext, attempt: PasswordAttempt): Promise<AdminUserEntity> {
    const { account, user, password, refusedCode } = attempt;
    const buckets = attemptBuckets(account, ctx.ip);
    try {
      await this.throttle.take(buckets, ctx.nowMs);
    } catch (error) {
      if (error instanceof AppError) await this.note(ctx, attempt, error.code, 'throttled');
      throw error;
    }
    const isRight = await this.passwords.isRight(user?.passwordHash ?? null, password);
    if (user === null || !isRight || !user.isActive) {
      await this.note(ctx, attempt, refusedCode, reasonOf(user, isRight));
      throw new AppError(refusedCode);
    }
    await this.throttle.giveBack(buckets);
    return user;
  }

  private note(ctx: RequestContext, attempt: PasswordAttempt, code: ErrorCode, reason: string): Promise<void> {
    return this.refusals.note(ctx, {
      action: attempt.refusedAction,
      code,
      entityType: 'admin_user',
      entityId: attempt.user?.userId ?? 'unknown',
      details: { account: attempt.account, reason },
    });
  }
}

/** For operators who read the audit log; the caller is never told. */
function reasonOf(user: AdminUserEntity | null, isRight: boolean): string {
  if (user === null) return 'unknown account';
  return isRight ? 'inactive account' : 'wrong password';
}
