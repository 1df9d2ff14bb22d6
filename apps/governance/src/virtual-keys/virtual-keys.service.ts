import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { VirtualKeyEntity, type VirtualKeySecretEntity } from '@penstock/entities';
import { type Change, Changed, KeyValues, nextTimestamp, PolicyChanges, tenantIdOf } from '@penstock/management';
import { mayReveal, type RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

import { notFound } from '../http/not-found.js';
import { MovingLimits } from '../limits/changes/moving-limits.js';
import { AdminManaged } from '../owners/admin-managed.js';
import { ParentLocks } from '../owners/parent-locks.js';
import { SharedBudgets } from '../shared-budgets/shared-budgets.js';
import { toAuditKey } from './audit-key.js';
import { KeyLimits } from './key-limits.js';
import { KeyReads } from './key-reads.js';
import { isKeyChanged, NEW_KEY, planKeyFields, planParent } from './plan-key-change.js';
import type { VirtualKeyResponse } from './virtual-key.response.js';
import { VirtualKeysRepository } from './virtual-keys.repository.js';
import type { CreateVirtualKeyRequest, UpdateVirtualKeyRequest } from './virtual-keys.requests.js';

/** Issues, changes and revokes virtual keys. */
@Injectable()
export class VirtualKeysService {
  constructor(
    private readonly keys: VirtualKeysRepository,
    private readonly values: KeyValues,
    private readonly changes: PolicyChanges,
    private readonly limits: KeyLimits,
    private readonly moving: MovingLimits,
    private readonly parents: ParentLocks,
    private readonly managed: AdminManaged,
    private readonly shared: SharedBudgets,
    private readonly reads: KeyReads,
  ) {}

  async issue(ctx: RequestContext, request: CreateVirtualKeyRequest): Promise<Changed<VirtualKeyResponse>> {
    const id = uuidv7(ctx.nowMs);
    const changed = await this.changes.run(ctx, async (change) => {
      const parent = planParent({ teamId: null, customerId: null }, request);
      const tenantId = await this.tenantOf(change.tx, id, parent);
      const key = Object.assign(new VirtualKeyEntity(), {
        id,
        ...planKeyFields(NEW_KEY, request, ctx.nowMs),
        ...parent,
        createdAt: change.now,
        updatedAt: change.now,
      });
      await this.keys.insert(change.tx, key);
      // The first value has the id of its key, as those have that are older than the table of values.
      const { keyHash } = await this.values.issue(change.tx, id, id, change.now);
      await this.limits.create(change, id, request);
      // Drops a negative look-up of the value, so that the key works at once.
      change.touch(tenantId, [keyHash]);
      change.audit({
        tenantId,
        action: 'virtual_key.created',
        entityType: 'virtual_key',
        entityId: id,
        before: null,
        after: {
          ...toAuditKey(key, await this.limits.toAudit(change, id)),
          secret_id: id,
          value_revealed: mayReveal(ctx),
        },
      });
    });
    return new Changed(await this.reads.get(ctx, id, id), changed.isPropagated);
  }

  async update(
    ctx: RequestContext,
    id: string,
    request: UpdateVirtualKeyRequest,
  ): Promise<Changed<VirtualKeyResponse>> {
    const changed = await this.changes.run(ctx, (change) => this.applyUpdate(ctx, change, id, request));
    return new Changed(await this.reads.get(ctx, id, changed.body), changed.isPropagated);
  }

  async revoke(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const key = await this.lock(change.tx, id);
      const limits = await this.limits.toAudit(change, id);
      const tenantId = await this.tenantOf(change.tx, id, key);
      const secrets = await this.values.ofKey(change.tx, id);
      // A key without owner is a tenant of its own: nothing else can spend from what is shared in it.
      if (tenantId === id) await this.shared.deleteWithTenant(change, id);
      await this.keys.delete(change.tx, [id]);
      change.touch(tenantId, hashesOf(secrets));
      change.audit({
        tenantId,
        action: 'virtual_key.deleted',
        entityType: 'virtual_key',
        entityId: id,
        before: toAuditKey(key, limits),
        after: null,
      });
    });
  }

  /** Answers with the id of the value that the audit entry of the change names; undefined when nothing changed. */
  private async applyUpdate(
    ctx: RequestContext,
    change: Change,
    id: string,
    request: UpdateVirtualKeyRequest,
  ): Promise<string | undefined> {
    const { tx } = change;
    const before = await this.lock(tx, id);
    const parent = planParent(before, request);
    const isMoved = parent.teamId !== before.teamId || parent.customerId !== before.customerId;
    if (isMoved) await this.managed.refuseKeyMove(tx, id);
    const tenantBefore = await this.tenantOf(tx, id, before);
    const tenantAfter = isMoved ? await this.tenantOf(tx, id, parent) : tenantBefore;
    const limitsBefore = await this.limits.toAudit(change, id);
    const fields = { ...planKeyFields(before, request, ctx.nowMs), ...parent };
    const areLimitsChanged = await this.limits.apply(change, id, request);
    if (!areLimitsChanged && !isKeyChanged(before, fields)) return undefined;

    const after = Object.assign(new VirtualKeyEntity(), before, fields, {
      updatedAt: nextTimestamp(before.updatedAt, change.now),
    });
    await this.keys.update(tx, after);
    const secrets = await this.values.ofKey(tx, id);
    const secretId = secrets.find(({ expiresAt }) => expiresAt === null)?.id;
    change.touch(tenantAfter, hashesOf(secrets));
    const beforeLine = toAuditKey(before, limitsBefore);
    if (tenantAfter !== tenantBefore) {
      change.auditLeaving(tenantBefore, 'virtual_key', id, beforeLine);
      const moved = { keyIds: [id], teamIds: [] };
      await this.moving.move(change, moved, { fromTenantId: tenantBefore, toTenantId: tenantAfter });
    }
    const limitsAfter = await this.limits.toAudit(change, id);
    change.audit({
      tenantId: tenantAfter,
      action: 'virtual_key.updated',
      entityType: 'virtual_key',
      entityId: id,
      before: beforeLine,
      after: { ...toAuditKey(after, limitsAfter), secret_id: secretId, value_revealed: mayReveal(ctx) },
    });
    return secretId;
  }

  private async lock(tx: EntityManager, id: string): Promise<VirtualKeyEntity> {
    const key = await this.keys.lockById(tx, id);
    if (key === null) throw notFound('The virtual key');
    return key;
  }

  /** Also holds the parents in place, so that the tenant is still right at the commit. */
  private async tenantOf(
    tx: EntityManager,
    keyId: string,
    parent: { readonly teamId: string | null; readonly customerId: string | null },
  ): Promise<string> {
    const { teamId } = parent;
    if (parent.customerId !== null) await this.parents.referredCustomer(tx, parent.customerId);
    const team = teamId === null ? null : await this.parents.referredTeam(tx, teamId);
    return tenantIdOf({ keyId, teamId, customerId: parent.customerId ?? team?.customerId ?? null });
  }
}

function hashesOf(secrets: readonly VirtualKeySecretEntity[]): string[] {
  return secrets.map(({ keyHash }) => keyHash);
}
