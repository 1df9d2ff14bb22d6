import { AdminSessionEntity } from './admin-session.entity.js';
import { AdminUserEntity } from './admin-user.entity.js';
import { jobEntities } from './jobs/index.js';
import { LoginThrottleEntity } from './login-throttle.entity.js';
import {
  ModelAccessGroupEntity,
  ModelAliasAccessGroupEntity,
  ModelAliasEntity,
  ModelGroupEntity,
  ModelGroupModelEntity,
  TeamAccessGroupEntity,
  TeamModelGroupEntity,
} from './models/index.js';
import { OrganizationEntity } from './organization.entity.js';
import { PriceBookEntryEntity } from './price-book-entry.entity.js';
import { ProviderCredentialEntity } from './provider-credential.entity.js';
import { SaasTeamEntity } from './team.entity.js';

export * from './admin-session.entity.js';
export * from './admin-user.entity.js';
export * from './jobs/index.js';
export * from './login-throttle.entity.js';
export * from './models/index.js';
export * from './operator-access.js';
export * from './organization.entity.js';
export * from './price-book-entry.entity.js';
export * from './provider-credential.entity.js';
export * from './team-access.js';
export * from './team.entity.js';

/** Tables of the `saas` schema. */
export const saasEntities = [
  AdminSessionEntity,
  AdminUserEntity,
  ...jobEntities,
  LoginThrottleEntity,
  ModelAccessGroupEntity,
  ModelAliasAccessGroupEntity,
  ModelAliasEntity,
  ModelGroupEntity,
  ModelGroupModelEntity,
  OrganizationEntity,
  PriceBookEntryEntity,
  ProviderCredentialEntity,
  SaasTeamEntity,
  TeamAccessGroupEntity,
  TeamModelGroupEntity,
];
