import type { OrganizationEntity } from '@penstock/entities';

import type { DefaultTeamResponse, OrganizationResponse } from './organization.response.js';

export function toOrganizationResponse(
  organization: OrganizationEntity,
  defaultTeam: DefaultTeamResponse | null = null,
): OrganizationResponse {
  return {
    organization_id: organization.organizationId,
    name: organization.name,
    status: organization.status,
    metadata: organization.metadata,
    created_at: organization.createdAt.toISOString(),
    updated_at: organization.updatedAt.toISOString(),
    default_team: defaultTeam,
    customer_id: organization.customerId,
  };
}

/** An organization as the audit trail keeps it. */
export function toAuditOrganization(organization: OrganizationEntity): Record<string, unknown> {
  const { name, status, metadata, customerId } = organization;
  return { name, status, metadata, customer_id: customerId };
}
