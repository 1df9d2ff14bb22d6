import type { VirtualKeyEntity } from '@penstock/entities';

/** A key as the audit trail keeps it: no value, no hash. */
export function toAuditKey(key: VirtualKeyEntity, limits: Record<string, unknown>): Record<string, unknown> {
  return {
    name: key.name,
    description: key.description,
    is_active: key.isActive,
    allowed_models: key.allowedModels,
    allowed_providers: key.allowedProviders,
    team_id: key.teamId,
    customer_id: key.customerId,
    expires_at: key.expiresAt?.toISOString() ?? null,
    allowed_ips: key.allowedIps,
    tags: key.tags,
    value: '[redacted]',
    ...limits,
  };
}
