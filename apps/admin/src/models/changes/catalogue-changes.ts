import { Injectable } from '@nestjs/common';
import { SYSTEM_TENANT_ID } from '@penstock/entities';
import { type AuditLine, type Change, type Changed, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { lockCatalogue } from './catalogue-lock.js';

/** The mutations of the model catalogue, which is one for all organizations. */
@Injectable()
export class CatalogueChanges {
  constructor(private readonly changes: PolicyChanges) {}

  /** As `PolicyChanges.run`, alone with the catalogue. */
  run<T>(ctx: RequestContext, useCase: (change: Change) => Promise<T>): Promise<Changed<T>> {
    return this.changes.run(ctx, async (change) => {
      await lockCatalogue(change.tx);
      return useCase(change);
    });
  }
}

/** The entry of a change of the catalogue: of no tenant, so in the chain of the system. */
export function auditCatalogue(change: Change, line: Omit<AuditLine, 'tenantId'>): void {
  change.audit({ ...line, tenantId: SYSTEM_TENANT_ID });
}
