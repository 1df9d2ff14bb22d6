import { Injectable } from '@nestjs/common';
import type { AppError } from '@penstock/domain';
import { RefusalAudit, type RequestContext } from '@penstock/platform';

/** Refusals to touch an account: what the role does not permit is audited. */
@Injectable()
export class ChangeRefusals {
  constructor(private readonly audit: RefusalAudit) {}

  /** Call it outside of transactions: the entry must neither hold their locks nor go with their rollback. */
  async refuse(ctx: RequestContext, userId: string, refusal: AppError): Promise<never> {
    if (refusal.code === 'role_insufficient') {
      await this.audit.note(ctx, {
        action: 'admin_user.change_refused',
        code: refusal.code,
        entityType: 'admin_user',
        entityId: userId,
      });
    }
    throw refusal;
  }
}
