import type { AccessGroupResponse } from './access-group.response.js';
import type { AccessGroupRow } from './access-groups.repository.js';

export function toAccessGroupResponse(group: AccessGroupRow): AccessGroupResponse {
  return {
    group_name: group.groupName,
    display_name: group.displayName,
    description: group.description,
    status: group.status,
    model_aliases: group.aliases.map(({ modelAlias, displayName, provider, actualModel }) => ({
      model_alias: modelAlias,
      display_name: displayName,
      provider,
      actual_model: actualModel,
    })),
    teams_using: group.teamsUsing,
    created_at: group.createdAt.toISOString(),
    updated_at: group.updatedAt.toISOString(),
  };
}

/** What the audit log keeps of an access group. */
export function toAuditAccessGroup(group: AccessGroupRow): Record<string, unknown> {
  return {
    group_name: group.groupName,
    display_name: group.displayName,
    description: group.description,
    status: group.status,
    model_aliases: group.aliases.map(({ modelAlias }) => modelAlias),
  };
}
