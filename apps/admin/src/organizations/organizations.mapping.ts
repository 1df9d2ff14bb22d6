import type { OrganizationEntity } from '@penstock/entities';

import type { OrganizationResponse } from './organization.response.js';

export function toOrganizationResponse(organization: OrganizationEntity): OrganizationResponse {
  return {
    organization_id: organization.organizationId,
    name: organization.name,
    status: organization.status,
    metadata: organization.metadata,
    created_at: organization.createdAt.toISOString(),
    updated_at: organization.updatedAt.toISOString(),
    default_team: null,
    customer_id: organization.customerId,
  };
}
