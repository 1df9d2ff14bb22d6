import { AppError } from '@penstock/domain';
import type { OrganizationEntity } from '@penstock/entities';

/** The organization that was looked up. @throws AppError `not_found` when there is none. */
export function existing(organizationId: string, organization: OrganizationEntity | null): OrganizationEntity {
  if (organization !== null) return organization;
  throw new AppError('not_found', { detail: `Organization '${organizationId}' was not found.` });
}
