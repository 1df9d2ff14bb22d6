import type { ChainVerdict } from '@penstock/entities';

import { type CsvValue } from '../http/csv.js';
import type { AuditRow } from './audit-entries.repository.js';
import type { AccountAuditResponse, AuditEntryResponse, AuditVerdictResponse } from './audit.responses.js';

export function toAuditEntryResponse(row: AuditRow): AuditEntryResponse {
  return {
    audit_id: row.id,
    created_at: row.occurredAt.toISOString(),
    organization_id: row.organizationId,
    actor_type: row.actorType,
    actor: row.actorId,
    action: row.action,
    resource_type: row.entityType,
    resource_id: row.entityId,
    before: row.before,
    after: row.after,
    ip_address: row.ip,
    user_agent: row.userAgent,
    request_id: row.requestId,
    tenant_id: row.tenantId,
    position: Number(row.position),
    hash: row.hash,
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function toAccountAuditResponse(row: AuditRow): AccountAuditResponse {
  return {
    audit_id: row.id,
    // The master key and the demo of older releases are operators without an account.
    user_id: row.actorType === 'operator' && UUID.test(row.actorId) ? row.actorId : null,
    action: row.action,
    resource_type: row.entityType,
    resource_id: row.entityId,
    details: {
      actor_type: row.actorType,
      actor: row.actorId,
      before: row.before,
      after: row.after,
      user_agent: row.userAgent,
      request_id: row.requestId,
    },
    ip_address: row.ip,
    created_at: row.occurredAt.toISOString(),
  };
}

/** The columns of an export, in their order. */
export const auditColumns = [
  'audit_id',
  'created_at',
  'organization_id',
  'actor_type',
  'actor',
  'action',
  'resource_type',
  'resource_id',
  'before',
  'after',
  'ip_address',
  'user_agent',
  'request_id',
  'tenant_id',
  'position',
  'hash',
] as const satisfies readonly (keyof AuditEntryResponse)[];

/** An entry as cells of a table; objects as JSON. */
export function toAuditCells(entry: AuditEntryResponse): CsvValue[] {
  return auditColumns.map((column) => {
    const value = entry[column];
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  });
}

export function toAuditVerdictResponse(verdict: ChainVerdict, organizationId: string | null): AuditVerdictResponse {
  const { tenantId, entries, broken, end } = verdict;
  return {
    organization_id: organizationId,
    tenant_id: tenantId,
    is_intact: broken === null,
    entries,
    broken_at:
      broken === null ? null : { position: Number(broken.position), audit_id: broken.entryId, reason: broken.fault },
    last_position: Number(end.position),
    last_hash: end.hash,
  };
}
