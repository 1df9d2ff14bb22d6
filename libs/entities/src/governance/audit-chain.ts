import { createHash } from 'node:crypto';

/** Chain of the audit entries that concern no single tenant (operator prices, refused logins). */
export const SYSTEM_TENANT_ID = '00000000-0000-0000-0000-000000000000';

/** `prev_hash` of the first entry of a chain. */
export const AUDIT_CHAIN_START = '0'.repeat(64);

/** Everything of an audit entry that its hash covers. */
export interface AuditFacts {
  readonly id: string;
  readonly tenantId: string;
  readonly position: string;
  readonly occurredAt: Date;
  readonly actorType: string;
  readonly actorId: string;
  readonly action: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly prevHash: string;
}

/** SHA-256, hex, of an audit entry. Independent of the key order that jsonb gives back. */
export function auditHash(facts: AuditFacts): string {
  const fields = [
    facts.id,
    facts.tenantId,
    facts.position,
    facts.occurredAt.toISOString(),
    facts.actorType,
    facts.actorId,
    facts.action,
    facts.entityType,
    facts.entityId,
    facts.before,
    facts.after,
    facts.ip,
    facts.userAgent,
    facts.requestId,
    facts.prevHash,
  ];
  return createHash('sha256').update(canonicalJson(fields)).digest('hex');
}

/** Index of the first entry that does not follow from the one before, or -1 for an intact chain given from its start. */
export function findBrokenLink(chain: readonly (AuditFacts & { readonly hash: string })[]): number {
  let previous = AUDIT_CHAIN_START;
  for (const [index, entry] of chain.entries()) {
    if (entry.position !== String(index + 1)) return index;
    if (entry.prevHash !== previous || auditHash(entry) !== entry.hash) return index;
    previous = entry.hash;
  }
  return -1;
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
