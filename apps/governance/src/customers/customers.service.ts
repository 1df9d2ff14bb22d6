import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { CustomerEntity, type TeamEntity } from '@penstock/entities';
import { type Change, Changed, nextTimestamp, OwnedKeys, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

import type { ListQuery } from '../http/list.query.js';
import { notFound } from '../http/not-found.js';
import { NO_LIMITS, OwnedLimits, toAuditLimits, type OwnedLimitRows } from '../limits/changes/owned-limits.js';
import { AdminManaged } from '../owners/admin-managed.js';
import { refuseWhileInUse } from '../owners/still-in-use.js';
import { SharedBudgets } from '../shared-budgets/shared-budgets.js';
import type { CustomerResponse } from './customer-envelopes.js';
import { CustomerViews } from './customer-views.js';
import { CustomersRepository } from './customers.repository.js';
import type { CreateCustomerRequest, UpdateCustomerRequest } from './customers.requests.js';

/** Customers: the roots of tenants. */
@Injectable()
export class CustomersService {
  constructor(
    private readonly customers: CustomersRepository,
    private readonly changes: PolicyChanges,
    private readonly limits: OwnedLimits,
    private readonly keys: OwnedKeys,
    private readonly managed: AdminManaged,
    private readonly shared: SharedBudgets,
    private readonly views: CustomerViews,
  ) {}

  async list(ctx: RequestContext, query: ListQuery): Promise<CustomerResponse[]> {
    return this.views.many(await this.customers.list(query), ctx.nowMs);
  }

  async get(ctx: RequestContext, id: string): Promise<CustomerResponse> {
    const customer = await this.customers.findById(id);
    const [view] = customer === null ? [] : await this.views.many([customer], ctx.nowMs);
    if (view === undefined) throw notFound('The customer');
    return view;
  }

  async create(ctx: RequestContext, request: CreateCustomerRequest): Promise<Changed<CustomerResponse>> {
    const id = uuidv7(ctx.nowMs);
    const changed = await this.changes.run(ctx, async (change) => {
      const { now } = change;
      const customer = Object.assign(new CustomerEntity(), { id, name: request.name, createdAt: now, updatedAt: now });
      await this.customers.insert(change.tx, customer);
      const owner = { entity: 'customer', id } as const;
      await this.limits.apply(change, owner, NO_LIMITS, request);
      change.touch(id);
      const after = toAuditCustomer(customer, await this.limits.find(change, owner));
      change.audit({
        tenantId: id,
        action: 'customer.created',
        entityType: 'customer',
        entityId: id,
        before: null,
        after,
      });
    });
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async update(ctx: RequestContext, id: string, request: UpdateCustomerRequest): Promise<Changed<CustomerResponse>> {
    const changed = await this.changes.run(ctx, (change) => this.applyUpdate(change, id, request));
    return new Changed(await this.get(ctx, id), changed.isPropagated);
  }

  async delete(ctx: RequestContext, id: string, doesCascade: boolean): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const { tx } = change;
      const customer = await this.lock(tx, id);
      await this.managed.refuseCustomer(tx, id);
      const teams = await this.customers.lockTeams(tx, id);
      const keys = await this.keys.ofCustomer(tx, id);
      const sharedBudgets = await this.shared.ofTenant(tx, id);
      if (!doesCascade) refuseWhileInUse('The customer', { teams, virtual_keys: keys, shared_budgets: sharedBudgets });
      const before = toAuditCustomer(customer, await this.limits.find(change, { entity: 'customer', id }));
      await this.deleteTeams(change, id, teams);
      await this.keys.deleteWithOwner(change, id, keys);
      await this.shared.deleteWithTenant(change, id);
      await this.customers.delete(tx, id);
      change.touch(id);
      change.audit({
        tenantId: id,
        action: 'customer.deleted',
        entityType: 'customer',
        entityId: id,
        before,
        after: null,
      });
    });
  }

  private async applyUpdate(change: Change, id: string, request: UpdateCustomerRequest): Promise<void> {
    const before = await this.lock(change.tx, id);
    const owner = { entity: 'customer', id } as const;
    const name = request.name ?? before.name;
    const limitsBefore = await this.limits.find(change, owner);
    const areLimitsChanged = await this.limits.apply(change, owner, limitsBefore, request);
    if (!areLimitsChanged && name === before.name) return;

    const updatedAt = nextTimestamp(before.updatedAt, change.now);
    const after = Object.assign(new CustomerEntity(), before, { name, updatedAt });
    await this.customers.update(change.tx, after);
    const limitsAfter = areLimitsChanged ? await this.limits.find(change, owner) : limitsBefore;
    // The customer's keys may be thousands: their snapshots are found stale by the epoch instead.
    change.touch(id);
    change.audit({
      tenantId: id,
      action: 'customer.updated',
      entityType: 'customer',
      entityId: id,
      before: toAuditCustomer(before, limitsBefore),
      after: toAuditCustomer(after, limitsAfter),
    });
  }

  private async deleteTeams(change: Change, tenantId: string, teams: readonly TeamEntity[]): Promise<void> {
    const ids = teams.map((team) => team.id);
    await this.keys.deleteWithOwner(change, tenantId, await this.keys.ofTeams(change.tx, ids));
    await this.customers.deleteTeams(change.tx, ids);
    for (const team of teams) {
      const before = { name: team.name, customer_id: team.customerId };
      change.audit({ tenantId, action: 'team.deleted', entityType: 'team', entityId: team.id, before, after: null });
    }
  }

  private async lock(tx: EntityManager, id: string): Promise<CustomerEntity> {
    const customer = await this.customers.lockById(tx, id);
    if (customer === null) throw notFound('The customer');
    return customer;
  }
}

function toAuditCustomer(customer: CustomerEntity, limits: OwnedLimitRows): Record<string, unknown> {
  return { name: customer.name, ...toAuditLimits(limits) };
}
