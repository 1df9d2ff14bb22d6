import { SetMetadata, type CustomDecorator } from '@nestjs/common';

import type { OperatorRole } from './operator-roles.js';

export const READS_ONLY = 'penstock:reads-only';
export const REQUIRED_ROLES = 'penstock:required-roles';
export const LOGIN_REQUIRED = 'penstock:login-required';

/** A route that changes nothing although it is no GET, such as a dry run: role `user` may call it. */
export const ReadsOnly = (): CustomDecorator => SetMetadata(READS_ONLY, true);

/** The only roles that may call a route (or every route of a controller), whatever its method. */
export const RequireRole = (...roles: [OperatorRole, ...OperatorRole[]]): CustomDecorator =>
  SetMetadata(REQUIRED_ROLES, roles);

/** A route about the account that is logged in: the master key, which is nobody's account, is refused with 401. */
export const RequireLogin = (): CustomDecorator => SetMetadata(LOGIN_REQUIRED, true);
