import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { Changed, KeyValues, nextTimestamp, parseOverlap, PolicyChanges } from '@penstock/management';
import { mayReveal, type RequestContext } from '@penstock/platform';

import { notFound } from '../../http/not-found.js';
import { OwnerLocks } from '../../owners/owner-locks.js';
import { KeyReads } from '../key-reads.js';
import type { VirtualKeyResponse } from '../virtual-key.response.js';
import { VirtualKeysRepository } from '../virtual-keys.repository.js';

/** Gives a key a new value. Of those before, only the latest works on, and only for the overlap. */
@Injectable()
export class KeyRotation {
  constructor(
    private readonly changes: PolicyChanges,
    private readonly owners: OwnerLocks,
    private readonly keys: VirtualKeysRepository,
    private readonly values: KeyValues,
    private readonly reads: KeyReads,
  ) {}

  /** Answers with the key and its new value. */
  async rotate(ctx: RequestContext, id: string, overlap: string): Promise<Changed<VirtualKeyResponse>> {
    const overlapMs = parseOverlap(overlap);
    const secretId = uuidv7(ctx.nowMs);
    const changed = await this.changes.run(ctx, async (change) => {
      const { tx, now } = change;
      const locked = await this.owners.lock(tx, { entity: 'virtual_key', id });
      const key = await this.keys.lockById(tx, id);
      if (locked === null || key === null) throw notFound('The virtual key');
      const rotated = await this.values.rotate(tx, id, { secretId, overlapMs, now });
      await this.keys.update(tx, Object.assign(key, { updatedAt: nextTimestamp(key.updatedAt, now) }));
      change.touch(locked.tenantId, rotated.keyHashes);
      change.audit({
        tenantId: locked.tenantId,
        action: 'virtual_key.rotated',
        entityType: 'virtual_key',
        entityId: id,
        before: { value: '[redacted]', secret_id: rotated.replacedSecretId },
        after: {
          value: '[redacted]',
          secret_id: secretId,
          overlap,
          previous_ends_at: rotated.previousEndsAt.toISOString(),
          ended_secret_ids: rotated.endedSecretIds,
          value_revealed: mayReveal(ctx),
        },
      });
    });
    return new Changed(await this.reads.get(ctx, id, secretId), changed.isPropagated);
  }
}
