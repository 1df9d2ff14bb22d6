import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { CustomerEntity, OrganizationEntity } from '@penstock/entities';
import { type Change, Changed, nextTimestamp, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import { TeamsService } from '../teams/teams.service.js';
import { DefaultTeam } from './default-team.js';
import type {
  OrganizationResponse,
  OrganizationStatusResponse,
  OrganizationTeamsResponse,
} from './organization.response.js';
import { toAuditOrganization, toOrganizationResponse } from './organizations.mapping.js';
import { OrganizationsRepository } from './organizations.repository.js';
import type {
  CreateOrganizationRequest,
  OrganizationListQuery,
  UpdateOrganizationRequest,
} from './organizations.requests.js';

/** Organizations and customers are two faces of one tenant: neither exists without the other. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly organizations: OrganizationsRepository,
    private readonly changes: PolicyChanges,
    private readonly defaultTeam: DefaultTeam,
    private readonly teams: TeamsService,
  ) {}

  async list(query: OrganizationListQuery): Promise<OrganizationResponse[]> {
    const found = await this.organizations.list(query);
    return found.map((organization) => toOrganizationResponse(organization));
  }

  async get(organizationId: string): Promise<OrganizationResponse> {
    return toOrganizationResponse(await this.organizations.get(organizationId));
  }

  async listTeams(organizationId: string): Promise<OrganizationTeamsResponse> {
    await this.organizations.get(organizationId);
    const teams = await this.teams.list({ organization_id: organizationId });
    return {
      organization_id: organizationId,
      team_count: teams.length,
      teams: teams.map(({ team_id, access_groups, model_groups, credits_allocated, credits_remaining, status }) => ({
        team_id,
        access_groups,
        model_groups,
        credits_allocated,
        credits_remaining,
        status,
      })),
    };
  }

  /** Creates the organization, its customer, their tenant, the default team and the audit entries, all or nothing. */
  async create(ctx: RequestContext, request: CreateOrganizationRequest): Promise<Changed<OrganizationResponse>> {
    return this.changes.run(ctx, async (change) => {
      const { tx, now } = change;
      const times = { createdAt: now, updatedAt: now };
      const customer = Object.assign(new CustomerEntity(), { id: uuidv7(ctx.nowMs), name: request.name, ...times });
      const organization = Object.assign(new OrganizationEntity(), {
        organizationId: request.organization_id,
        customerId: customer.id,
        name: request.name,
        status: 'active' as const,
        metadata: request.metadata ?? {},
        ...times,
      });
      await tx.getRepository(CustomerEntity).insert(customer);
      await this.organizations.insert(tx, organization);
      // The tenant begins here; no gateway can hold a policy of it yet.
      change.touch(customer.id);
      auditCreated(change, organization);
      const wantsTeam = request.create_default_team ?? true;
      const defaultTeam = wantsTeam ? await this.defaultTeam.create(ctx, change, organization, request) : null;
      return toOrganizationResponse(organization, defaultTeam);
    });
  }

  async update(
    ctx: RequestContext,
    organizationId: string,
    request: UpdateOrganizationRequest,
  ): Promise<Changed<OrganizationResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const before = await this.organizations.lock(change.tx, organizationId);
      return this.write(change, before, {
        name: request.name ?? before.name,
        metadata: request.metadata ?? before.metadata,
        status: request.status ?? before.status,
      });
    });
    return changed.map((organization) => toOrganizationResponse(organization));
  }

  /** Idempotent: what is so already is answered alike, and changes nothing. */
  async setStatus(
    ctx: RequestContext,
    organizationId: string,
    status: 'active' | 'suspended',
  ): Promise<Changed<OrganizationStatusResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const before = await this.organizations.lock(change.tx, organizationId);
      await this.write(change, before, { status });
    });
    const effect =
      status === 'active'
        ? 'is active: the keys of its active teams work'
        : 'is suspended: every key under it is refused until it is resumed';
    return changed.map(() => ({
      organization_id: organizationId,
      status,
      message: `Organization '${organizationId}' ${effect}.`,
    }));
  }

  /** The organization is locked. Its face in governance has the same name. */
  private async write(
    change: Change,
    before: OrganizationEntity,
    fields: Partial<Pick<OrganizationEntity, 'name' | 'metadata' | 'status'>>,
  ): Promise<OrganizationEntity> {
    const { tx, now } = change;
    const after = Object.assign(new OrganizationEntity(), before, fields);
    const lineBefore = toAuditOrganization(before);
    const lineAfter = toAuditOrganization(after);
    if (JSON.stringify(lineBefore) === JSON.stringify(lineAfter)) return before;
    after.updatedAt = nextTimestamp(before.updatedAt, now);
    await this.organizations.update(tx, after);
    if (after.name !== before.name) {
      await tx.getRepository(CustomerEntity).update({ id: before.customerId }, { name: after.name, updatedAt: now });
      change.audit({
        tenantId: before.customerId,
        action: 'customer.updated',
        entityType: 'customer',
        entityId: before.customerId,
        before: { name: before.name },
        after: { name: after.name },
      });
    }
    change.touch(before.customerId);
    change.audit({
      tenantId: before.customerId,
      action: `organization.${before.status === after.status ? 'updated' : VERBS[after.status]}`,
      entityType: 'organization',
      entityId: before.organizationId,
      before: lineBefore,
      after: lineAfter,
    });
    return after;
  }
}

const VERBS = { active: 'resumed', suspended: 'suspended' } as const;

function auditCreated(change: Change, organization: OrganizationEntity): void {
  const { customerId: tenantId, organizationId, name } = organization;
  change.audit({
    tenantId,
    action: 'customer.created',
    entityType: 'customer',
    entityId: tenantId,
    before: null,
    after: { name },
  });
  change.audit({
    tenantId,
    action: 'organization.created',
    entityType: 'organization',
    entityId: organizationId,
    before: null,
    after: toAuditOrganization(organization),
  });
}
