import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { AdminUserEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { auditAccount } from '../account-audit.js';
import type { LoginResponse, SetupStatusResponse } from '../admin-user.response.js';
import { toAuditUser } from '../admin-users.mapping.js';
import { AdminUsersRepository } from '../admin-users.repository.js';
import type { SetupRequest } from '../admin-users.requests.js';
import { normalisedEmail } from '../is-operator-email.decorator.js';
import { LoginsService } from './logins.service.js';
import { Passwords } from '../passwords/passwords.js';

/** The first owner of an installation. */
@Injectable()
export class SetupService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly users: AdminUsersRepository,
    private readonly passwords: Passwords,
    private readonly logins: LoginsService,
  ) {}

  async status(): Promise<SetupStatusResponse> {
    const isEmpty = await this.users.isEmpty();
    return { needs_setup: isEmpty, has_users: !isEmpty };
  }

  /** Of several at once exactly one succeeds. @throws AppError `setup_done` once there is any account. */
  async setUp(ctx: RequestContext, request: SetupRequest): Promise<LoginResponse> {
    // Asked before the password is hashed as well, so that strangers cannot make a finished installation work.
    if (!(await this.users.isEmpty())) throw new AppError('setup_done');
    const user = Object.assign(new AdminUserEntity(), {
      userId: uuidv7(ctx.nowMs),
      email: normalisedEmail(request.email),
      displayName: request.display_name,
      passwordHash: await this.passwords.hash(request.password),
      role: 'owner' as const,
      isActive: true,
      createdAt: new Date(ctx.nowMs),
      createdBy: null,
      lastLoginAt: null,
      metadata: {},
    });
    return this.dataSource.transaction(async (tx) => {
      await this.users.lockAll(tx);
      if (!(await this.users.isEmpty(tx))) throw new AppError('setup_done');
      await this.users.insert(tx, user);
      await auditAccount(tx, ctx, {
        action: 'admin_user.set_up',
        userId: user.userId,
        actorId: user.userId,
        before: null,
        after: toAuditUser(user),
      });
      return this.logins.open(tx, ctx, user);
    });
  }
}
