import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { VirtualKeyEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

import type { Change } from '../changes/change.js';
import { Changed } from '../changes/changed.js';
import { nextTimestamp } from '../changes/next-timestamp.js';
import { PolicyChanges } from '../changes/policy-changes.js';
import type { OwnerListQuery } from '../http/list.query.js';
import { notFound } from '../http/not-found.js';
import { MovingLimits } from '../limits/moving-limits.js';
import { ParentLocks } from '../owners/parent-locks.js';
import { tenantIdOf } from '../policies/tenant-of.js';
import { SharedBudgets } from '../shared-budgets/shared-budgets.js';
import { KeyLimits } from './key-limits.js';
import { KeySecrets } from './key-secret.js';
import { isKeyChanged, planKeyFields, planParent } from './plan-key-change.js';
import { VirtualKeyViews } from './virtual-key-views.js';
import type { VirtualKeyResponse } from './virtual-key.response.js';
import { VirtualKeysRepository } from './virtual-keys.repository.js';
import type { CreateVirtualKeyRequest, UpdateVirtualKeyRequest } from './virtual-keys.requests.js';

/** Issues, changes and revokes virtual keys. */
@Injectable()
export class VirtualKeysService {
  constructor(
    private readonly keys: VirtualKeysRepository,
    private readonly changes: PolicyChanges,
    private readonly limits: KeyLimits,
    private readonly moving: MovingLimits,
    private readonly parents: ParentLocks,
    private readonly shared: SharedBudgets,
    private readonly secrets: KeySecrets,
    private readonly views: VirtualKeyViews,
  ) {}

  async list(ctx: RequestContext, query: OwnerListQuery): Promise<VirtualKeyResponse[]> {
    return this.views.many(await this.keys.list(query), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<VirtualKeyResponse> {
    const key = await this.keys.findById(id);
    if (key === null) throw notFound('The virtual key');
    return this.views.one(key, ctx.nowMs);
  }

  async issue(ctx: RequestContext, request: CreateVirtualKeyRequest): Promise<Changed<VirtualKeyResponse>> {
    const id = uuidv7(ctx.nowMs);
    const { stored } = this.secrets.mint(id);
    const changed = await this.changes.run(ctx, async (change) => {
      const parent = planParent({ teamId: null, customerId: null }, request);
      const tenantId = await this.tenantOf(change.tx, id, parent);
      const key = Object.assign(new VirtualKeyEntity(), {
        id,
        name: request.name,
        description: request.description ?? null,
        isActive: request.is_active ?? true,
        allowedModels: request.allowed_models ?? null,
        allowedProviders: request.allowed_providers ?? null,
        ...parent,
        ...stored,
        createdAt: change.now,
        updatedAt: change.now,
      });
      await this.keys.insert(change.tx, key);
      await this.limits.create(change, id, request);
      // Drops a negative look-up of the value, so that the key works at once.
      change.touch(tenantId, [key.keyHash]);
      change.audit({
        tenantId,
        action: 'virtual_key.created',
        entityType: 'virtual_key',
        entityId: id,
        before: null,
        after: toAuditKey(key, await this.limits.toAudit(change, id)),
      });
      return id;
    });
    return this.answer(ctx, changed);
  }

  async update(
    ctx: RequestContext,
    id: string,
    request: UpdateVirtualKeyRequest,
  ): Promise<Changed<VirtualKeyResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      await this.applyUpdate(change, id, request);
      return id;
    });
    return this.answer(ctx, changed);
  }

  async revoke(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const key = await this.lock(change.tx, id);
      const limits = await this.limits.toAudit(change, id);
      const tenantId = await this.tenantOf(change.tx, id, key);
      // A key without owner is a tenant of its own: nothing else can spend from what is shared in it.
      if (tenantId === id) await this.shared.deleteWithTenant(change, id);
      await this.keys.delete(change.tx, [id]);
      change.touch(tenantId, [key.keyHash]);
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

  private async applyUpdate(change: Change, id: string, request: UpdateVirtualKeyRequest): Promise<void> {
    const { tx } = change;
    const before = await this.lock(tx, id);
    const parent = planParent(before, request);
    const isMoved = parent.teamId !== before.teamId || parent.customerId !== before.customerId;
    const tenantBefore = await this.tenantOf(tx, id, before);
    const tenantAfter = isMoved ? await this.tenantOf(tx, id, parent) : tenantBefore;
    const limitsBefore = await this.limits.toAudit(change, id);
    const fields = { ...planKeyFields(before, request), ...parent };
    const areLimitsChanged = await this.limits.apply(change, id, request);
    if (!areLimitsChanged && !isKeyChanged(before, fields)) return;

    const after = Object.assign(new VirtualKeyEntity(), before, fields, {
      updatedAt: nextTimestamp(before.updatedAt, change.now),
    });
    await this.keys.update(tx, after);
    change.touch(tenantAfter, [before.keyHash]);
    if (tenantAfter !== tenantBefore) {
      const moved = { keyIds: [id], teamIds: [] };
      await this.moving.move(change, moved, { fromTenantId: tenantBefore, toTenantId: tenantAfter });
    }
    const limitsAfter = await this.limits.toAudit(change, id);
    change.audit({
      tenantId: tenantAfter,
      action: 'virtual_key.updated',
      entityType: 'virtual_key',
      entityId: id,
      before: toAuditKey(before, limitsBefore),
      after: toAuditKey(after, limitsAfter),
    });
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

  /** What is stored now: another change may have followed, then the newer state is the answer. */
  private async answer(ctx: RequestContext, changed: Changed<string>): Promise<Changed<VirtualKeyResponse>> {
    return new Changed(await this.get(ctx, changed.body), changed.isPropagated);
  }
}

/** A key as the audit trail keeps it: no value, no hash. */
export function toAuditKey(key: VirtualKeyEntity, limits: Record<string, unknown>): Record<string, unknown> {
  return {
    name: key.name,
    description: key.description,
    is_active: key.isActive,
    allowed_models: key.allowedModels,
    allowed_providers: key.allowedProviders,
    team_id: key.teamId,
    customer_id: key.customerId,
    value: '[redacted]',
    ...limits,
  };
}
