import { AdminSessionEntity } from './admin-session.entity.js';
import { AdminUserEntity } from './admin-user.entity.js';
import { LoginThrottleEntity } from './login-throttle.entity.js';
import { OrganizationEntity } from './organization.entity.js';
import { PriceBookEntryEntity } from './price-book-entry.entity.js';
import { SaasTeamEntity } from './team.entity.js';

export * from './admin-session.entity.js';
export * from './admin-user.entity.js';
export * from './login-throttle.entity.js';
export * from './operator-access.js';
export * from './organization.entity.js';
export * from './price-book-entry.entity.js';
export * from './team.entity.js';

/** Tables of the `saas` schema. */
export const saasEntities = [
  AdminSessionEntity,
  AdminUserEntity,
  LoginThrottleEntity,
  OrganizationEntity,
  PriceBookEntryEntity,
  SaasTeamEntity,
];
