import type { AdminUserEntity } from '@penstock/entities';

import type { AdminUserResponse } from './admin-user.response.js';

export function toAdminUserResponse(user: AdminUserEntity): AdminUserResponse {
  return {
    user_id: user.userId,
    email: user.email,
    display_name: user.displayName,
    role: user.role,
    is_active: user.isActive,
    created_at: user.createdAt.toISOString(),
    created_by: user.createdBy,
    last_login: user.lastLoginAt?.toISOString() ?? null,
    metadata: user.metadata,
  };
}

/** An account as the audit trail keeps it: nothing of the password. */
export function toAuditUser(user: AdminUserEntity): Record<string, unknown> {
  return {
    email: user.email,
    display_name: user.displayName,
    role: user.role,
    is_active: user.isActive,
    metadata: user.metadata,
  };
}
