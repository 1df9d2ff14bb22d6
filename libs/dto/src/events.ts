/**
 * Published on {@link POLICY_CHANNEL} after a policy change committed. Carries ids, never data: a lost or
 * reordered message must not be able to install an old policy.
 */
export interface PolicyInvalidatedEvent {
  readonly type: 'policy.invalidated';
  readonly schemaVersion: 1;
  readonly tenantId: string;
  readonly epoch: number;
}

/** Parses a message of the policy channel; undefined for anything else, which the subscriber must treat as "clear all". */
export function parsePolicyInvalidated(message: string): PolicyInvalidatedEvent | undefined {
  try {
    const value: unknown = JSON.parse(message);
    if (typeof value !== 'object' || value === null) return undefined;
    const { type, schemaVersion, tenantId, epoch } = value as Record<string, unknown>;
    if (type !== 'policy.invalidated' || schemaVersion !== 1) return undefined;
    if (typeof tenantId !== 'string' || typeof epoch !== 'number') return undefined;
    return { type, schemaVersion, tenantId, epoch };
  } catch {
    return undefined;
  }
}
