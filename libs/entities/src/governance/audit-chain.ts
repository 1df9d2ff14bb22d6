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

/** An entry with its place in the chain and its own hash. */
export type AuditLink = AuditFacts & { readonly hash: string };

/** Where a chain stands: what the next entry must follow. */
export interface ChainEnd {
  /** Decimal integer; 0 before the first entry. */
  readonly position: string;
  readonly hash: string;
}

/** Before the first entry. */
export const EMPTY_CHAIN: ChainEnd = Object.freeze({ position: '0', hash: AUDIT_CHAIN_START });

/**
 * What is wrong with a link: an entry before it is missing (or one too many), it does not follow from the entry before,
 * or its own content was changed.
 */
export type LinkFault = 'missing_before' | 'not_linked' | 'changed';

/** What is wrong with the entry that comes after `end`; null when it follows. */
export function faultOfLink(end: ChainEnd, entry: AuditLink): LinkFault | null {
  if (entry.position !== String(BigInt(end.position) + 1n)) return 'missing_before';
  if (entry.prevHash !== end.hash) return 'not_linked';
  return auditHash(entry) === entry.hash ? null : 'changed';
}

/** Index of the first entry that does not follow from the one before, or -1 for an intact chain given from its start. */
export function findBrokenLink(chain: readonly AuditLink[]): number {
  let end = EMPTY_CHAIN;
  for (const [index, entry] of chain.entries()) {
    if (faultOfLink(end, entry) !== null) return index;
    end = entry;
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
