import { Injectable } from '@nestjs/common';
import { KeyValues, PolicyChanges } from '@penstock/management';
import { mayReveal, type RequestContext } from '@penstock/platform';

import { notFound } from '../http/not-found.js';
import { LimitTenants } from '../limits/limit-tenants.js';
import { VirtualKeyViews } from './virtual-key-views.js';
import type { VirtualKeyListEnvelope, VirtualKeyResponse } from './virtual-key.response.js';
import type { VirtualKeyListQuery } from './virtual-keys.query.js';
import { VirtualKeysRepository } from './virtual-keys.repository.js';

/** Shows virtual keys, and their values to who may see them. */
@Injectable()
export class KeyReads {
  constructor(
    private readonly keys: VirtualKeysRepository,
    private readonly values: KeyValues,
    private readonly views: VirtualKeyViews,
    private readonly tenants: LimitTenants,
    private readonly changes: PolicyChanges,
  ) {}

  /** Values are masked, whoever asks. */
  async list(ctx: RequestContext, query: VirtualKeyListQuery): Promise<VirtualKeyListEnvelope> {
    const isCut = query.limit !== undefined || query.offset !== undefined;
    const [keys, total] = await Promise.all([
      this.keys.list(query, ctx.nowMs),
      isCut ? this.keys.count(query, ctx.nowMs) : undefined,
    ]);
    const virtual_keys = await this.views.many(keys, ctx.nowMs);
    return { virtual_keys, count: virtual_keys.length, ...(total === undefined ? {} : { total_count: total }) };
  }

  /**
   * One key as it is now; another change may have followed the caller's own. A value is shown only after the audit
   * trail has it that it was: in the entry of the change that `auditedSecretId` names, else in one of its own.
   */
  async get(ctx: RequestContext, id: string, auditedSecretId?: string): Promise<VirtualKeyResponse> {
    const key = await this.keys.findById(id);
    if (key === null) throw notFound('The virtual key');
    const values = await this.values.live(id, ctx.nowMs);
    const current = values[0]?.secret;
    // Deleted between the two reads.
    if (current === undefined) throw notFound('The virtual key');
    const isRevealed = mayReveal(ctx);
    if (isRevealed && current.id !== auditedSecretId) await this.recordReveal(ctx, id, current.id);
    return this.views.one(key, values, { isRevealed, nowMs: ctx.nowMs });
  }

  private async recordReveal(ctx: RequestContext, keyId: string, secretId: string): Promise<void> {
    await this.changes.run(ctx, async (change) => {
      const place = await this.tenants.find(change.tx, { entity: 'virtual_key', id: keyId });
      if (place === undefined) throw notFound('The virtual key');
      change.audit({
        tenantId: place.tenantId,
        action: 'virtual_key.revealed',
        entityType: 'virtual_key',
        entityId: keyId,
        before: null,
        after: { secret_id: secretId },
      });
    });
  }
}
