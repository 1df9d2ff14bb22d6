import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { TeamEntity } from '@penstock/entities';
import { type Change, Changed, nextTimestamp, OwnedKeys, PolicyChanges, tenantIdOf } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

import type { CustomerListQuery } from '../http/list.query.js';
import { notFound } from '../http/not-found.js';
import { MovingLimits } from '../limits/changes/moving-limits.js';
import { NO_LIMITS, OwnedLimits, toAuditLimits, type OwnedLimitRows } from '../limits/changes/owned-limits.js';
import { AdminManaged } from '../owners/admin-managed.js';
import { ParentLocks } from '../owners/parent-locks.js';
import { refuseWhileInUse } from '../owners/still-in-use.js';
import { SharedBudgets } from '../shared-budgets/shared-budgets.js';
import type { TeamResponse } from './team.response.js';
import { TeamViews } from './team-views.js';
import { TeamsRepository } from './teams.repository.js';
import type { CreateTeamRequest, UpdateTeamRequest } from './teams.requests.js';

/** Teams, their place under a customer, and what they share. */
@Injectable()
export class TeamsService {
  constructor(
    private readonly teams: TeamsRepository,
    private readonly changes: PolicyChanges,
    private readonly limits: OwnedLimits,
    private readonly moving: MovingLimits,
    private readonly parents: ParentLocks,
    private readonly keys: OwnedKeys,
    private readonly managed: AdminManaged,
    private readonly shared: SharedBudgets,
    private readonly views: TeamViews,
  ) {}

  async list(ctx: RequestContext, query: CustomerListQuery): Promise<TeamResponse[]> {
    return this.views.many(await this.teams.list(query), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<TeamResponse> {
    const team = await this.teams.findById(id);
    const [view] = team === null ? [] : await this.views.many([team], ctx.nowMs);
    if (view === undefined) throw notFound('The team');
    return view;
  }

  async create(ctx: RequestContext, request: CreateTeamRequest): Promise<Changed<TeamResponse>> {
    const id = uuidv7(ctx.nowMs);
    const changed = await this.changes.run(ctx, async (change) => {
      const customerId = await this.customerOf(change.tx, request.customer_id, null);
      const team = Object.assign(new TeamEntity(), {
        id,
        name: request.name,
        customerId,
        createdAt: change.now,
        updatedAt: change.now,
      });
      await this.teams.insert(change.tx, team);
      const owner = { entity: 'team', id } as const;
      await this.limits.apply(change, owner, NO_LIMITS, request);
      const tenantId = tenantIdOf({ teamId: id, customerId });
      change.touch(tenantId);
      const after = toAuditTeam(team, await this.limits.find(change, owner));
      change.audit({ tenantId, action: 'team.created', entityType: 'team', entityId: id, before: null, after });
    });
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async update(ctx: RequestContext, id: string, request: UpdateTeamRequest): Promise<Changed<TeamResponse>> {
    const changed = await this.changes.run(ctx, (change) => this.applyUpdate(change, id, request));
    const view = await this.get(ctx, id);
    // The contract wants a cleared customer to be visible in the answer to the request that cleared it.
    const isDetached = request.customer_id === null && view.customer_id === undefined;
    return new Changed(isDetached ? { ...view, customer_id: null, customer: null } : view, changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string, doesCascade: boolean): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const team = await this.lock(change.tx, id);
      await this.managed.refuseTeams(change.tx, [id], 'deleted');
      const keys = await this.keys.ofTeams(change.tx, [id]);
      const tenantId = tenantIdOf({ teamId: id, customerId: team.customerId });
      const sharedBudgets = tenantId === id ? await this.shared.ofTenant(change.tx, id) : [];
      if (!doesCascade) refuseWhileInUse('The team', { virtual_keys: keys, shared_budgets: sharedBudgets });
      const before = toAuditTeam(team, await this.limits.find(change, { entity: 'team', id }));
      await this.keys.deleteWithOwner(change, tenantId, keys);
      if (tenantId === id) await this.shared.deleteWithTenant(change, id);
      await this.teams.delete(change.tx, [id]);
      change.touch(tenantId);
      change.audit({ tenantId, action: 'team.deleted', entityType: 'team', entityId: id, before, after: null });
    });
  }

  private async applyUpdate(change: Change, id: string, request: UpdateTeamRequest): Promise<void> {
    const { tx } = change;
    const before = await this.lock(tx, id);
    const owner = { entity: 'team', id } as const;
    const customerId = await this.customerOf(tx, request.customer_id, before.customerId);
    if (customerId !== before.customerId) await this.managed.refuseTeams(tx, [id], 'moved');
    const name = request.name ?? before.name;
    const limitsBefore = await this.limits.find(change, owner);
    const areLimitsChanged = await this.limits.apply(change, owner, limitsBefore, request);
    if (!areLimitsChanged && name === before.name && customerId === before.customerId) return;

    const updatedAt = nextTimestamp(before.updatedAt, change.now);
    const after = Object.assign(new TeamEntity(), before, { name, customerId, updatedAt });
    await this.teams.update(tx, after);
    const keys = await this.keys.ofTeams(tx, [id]);
    const tenantId = tenantIdOf({ teamId: id, customerId });
    change.touch(
      tenantId,
      keys.flatMap(({ keyHashes }) => keyHashes),
    );
    const beforeLine = toAuditTeam(before, limitsBefore);
    if (customerId !== before.customerId) {
      const fromTenantId = tenantIdOf({ teamId: id, customerId: before.customerId });
      change.auditLeaving(fromTenantId, 'team', id, beforeLine);
      const moved = { teamIds: [id], keyIds: keys.map((key) => key.id) };
      await this.moving.move(change, moved, { fromTenantId, toTenantId: tenantId });
    }
    const limitsAfter = await this.limits.find(change, owner);
    change.audit({
      tenantId,
      action: 'team.updated',
      entityType: 'team',
      entityId: id,
      before: beforeLine,
      after: toAuditTeam(after, limitsAfter),
    });
  }

  private async lock(tx: EntityManager, id: string): Promise<TeamEntity> {
    const team = await this.teams.lockById(tx, id);
    if (team === null) throw notFound('The team');
    return team;
  }

  /** Absent: unchanged. Null and empty: none. */
  private async customerOf(
    tx: EntityManager,
    requested: string | null | undefined,
    current: string | null,
  ): Promise<string | null> {
    if (requested === undefined) return current;
    if (requested === null || requested === '') return null;
    return (await this.parents.referredCustomer(tx, requested)).id;
  }
}

function toAuditTeam(team: TeamEntity, limits: OwnedLimitRows): Record<string, unknown> {
  return { name: team.name, customer_id: team.customerId, ...toAuditLimits(limits) };
}
