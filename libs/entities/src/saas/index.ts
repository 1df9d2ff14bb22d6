import { OrganizationEntity } from './organization.entity.js';

export * from './organization.entity.js';

/** Tables of the `saas` schema. */
export const saasEntities = [OrganizationEntity];
