import type { ModelGroupModelResponse, ModelGroupResponse } from './model-group.response.js';
import type { ModelGroupRow } from './model-groups.repository.js';

export function toModelGroupResponse(group: ModelGroupRow): ModelGroupResponse {
  return {
    model_group_id: group.modelGroupId,
    group_name: group.groupName,
    display_name: group.displayName,
    description: group.description,
    status: group.status,
    models: toModelResponses(group),
  };
}

export function toModelResponses({ modelGroupId, models }: ModelGroupRow): ModelGroupModelResponse[] {
  return models.map(({ id, modelName, priority, isActive, createdAtMs }) => ({
    id,
    model_group_id: modelGroupId,
    model_name: modelName,
    priority,
    is_active: isActive,
    created_at: new Date(createdAtMs).toISOString(),
  }));
}

/** What the audit log keeps of a group. */
export function toAuditModelGroup(group: ModelGroupRow): Record<string, unknown> {
  return {
    group_name: group.groupName,
    display_name: group.displayName,
    description: group.description,
    status: group.status,
    models: group.models.map(({ modelName, priority, isActive }) => ({
      model_name: modelName,
      priority,
      is_active: isActive,
    })),
  };
}
