import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { appendAudit, CustomerEntity, OrganizationEntity, raiseTenantEpoch } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import type { OrganizationResponse } from './organization.response.js';
import { toOrganizationResponse } from './organizations.mapping.js';
import { OrganizationsRepository } from './organizations.repository.js';
import type { CreateOrganizationRequest } from './organizations.requests.js';

/** Organizations and customers are two faces of one tenant: neither exists without the other. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly organizations: OrganizationsRepository,
  ) {}

  async list(): Promise<OrganizationResponse[]> {
    const found = await this.organizations.listActive();
    return found.map((organization) => toOrganizationResponse(organization));
  }

  async get(organizationId: string): Promise<OrganizationResponse> {
    // PostgreSQL's text has no NUL: such an id can name nothing.
    const organization = organizationId.includes('\0') ? null : await this.organizations.findById(organizationId);
    if (organization === null) {
      throw new AppError('not_found', { detail: `Organization '${organizationId}' was not found.` });
    }
    return toOrganizationResponse(organization);
  }

  /** Creates the organization, its customer, their tenant and the audit entries, all or nothing. */
  async create(ctx: RequestContext, request: CreateOrganizationRequest): Promise<OrganizationResponse> {
    const now = new Date(ctx.nowMs);
    const customer = Object.assign(new CustomerEntity(), {
      id: uuidv7(ctx.nowMs),
      name: request.name,
      createdAt: now,
      updatedAt: now,
    });
    const organization = Object.assign(new OrganizationEntity(), {
      organizationId: request.organization_id,
      customerId: customer.id,
      name: request.name,
      status: 'active' as const,
      metadata: request.metadata ?? {},
      createdAt: now,
      updatedAt: now,
    });
    await this.dataSource.transaction(async (tx) => {
      await tx.getRepository(CustomerEntity).insert(customer);
      await this.organizations.insert(tx, organization);
      // No gateway can hold a policy of a tenant that did not exist, so there is nothing to announce.
      await raiseTenantEpoch(tx, customer.id);
      await this.audit(tx, ctx, customer, organization);
    });
    return toOrganizationResponse(organization);
  }

  private async audit(
    tx: EntityManager,
    ctx: RequestContext,
    customer: CustomerEntity,
    organization: OrganizationEntity,
  ): Promise<void> {
    const { organizationId, name, status, metadata } = organization;
    const lines = [
      {
        action: 'customer.created',
        entityType: 'customer',
        entityId: customer.id,
        after: { name: customer.name },
      },
      {
        action: 'organization.created',
        entityType: 'organization',
        entityId: organizationId,
        after: { name, status, metadata, customer_id: customer.id },
      },
    ];
    for (const line of lines) {
      await appendAudit(tx, {
        ...line,
        id: uuidv7(ctx.nowMs),
        tenantId: customer.id,
        before: null,
        occurredAt: new Date(ctx.nowMs),
        actorType: ctx.actor.kind,
        actorId: ctx.actor.id,
        ip: ctx.ip,
        userAgent: ctx.userAgent,
        requestId: ctx.requestId,
      });
    }
  }
}
