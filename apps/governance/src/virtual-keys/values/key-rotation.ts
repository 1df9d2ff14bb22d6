import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { Changed, KeyValues, nextTimestamp, PolicyChanges } from '@penstock/management';
import { mayReveal, type RequestContext } from '@penstock/platform';

import { notFound } from '../../http/not-found.js';
import { OwnerLocks } from '../../owners/owner-locks.js';
import { KeyReads } from '../key-reads.js';
import { parseOverlap } from './parse-overlap.js';
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
      const secrets = await this.values.ofKey(tx, id);
      const replaced = secrets.find(({ expiresAt }) => expiresAt === null);
      const previousEndsAt = new Date(now.getTime() + overlapMs);
      const gone = secrets.filter((secret) => overlapMs === 0 || secret !== replaced).map((secret) => secret.id);
      await this.values.delete(tx, gone);
      if (replaced !== undefined && overlapMs > 0) await this.values.end(tx, replaced.id, previousEndsAt);
      const issued = await this.values.issue(tx, id, secretId, now);
      await this.keys.update(tx, Object.assign(key, { updatedAt: nextTimestamp(key.updatedAt, now) }));
      change.touch(locked.tenantId, [...locked.keyHashes, issued.keyHash]);
      change.audit({
        tenantId: locked.tenantId,
        action: 'virtual_key.rotated',
        entityType: 'virtual_key',
        entityId: id,
        before: { value: '[redacted]', secret_id: replaced?.id ?? null },
        after: {
          value: '[redacted]',
          secret_id: secretId,
          overlap,
          previous_ends_at: previousEndsAt.toISOString(),
          ended_secret_ids: gone,
          value_revealed: mayReveal(ctx),
        },
      });
    });
    return new Changed(await this.reads.get(ctx, id, secretId), changed.isPropagated);
  }
}
