import { Injectable } from '@nestjs/common';
import type { AuditEntryEntity } from '@penstock/entities';
import { DataSource } from 'typeorm';

/** An entry, and the organization whose chain it is in. */
export type AuditRow = AuditEntryEntity & { readonly organizationId: string | null };

/** Which entries are meant; what is absent does not matter. */
export interface AuditFilter {
  readonly tenantId?: string | undefined;
  readonly actorId?: string | undefined;
  readonly actorType?: string | undefined;
  /** An action, or a prefix that ends in `*`. */
  readonly action?: string | undefined;
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly from?: Date | undefined;
  /** Exclusive. */
  readonly to?: Date | undefined;
}

/** The place of an entry in the order of the answers: by time, then by id, newest first. */
export interface AuditPlace {
  readonly occurredAt: Date;
  readonly id: string;
}

const COLUMNS = `e.id, e.tenant_id AS "tenantId", e.position, e.occurred_at AS "occurredAt",
  e.actor_type AS "actorType", e.actor_id AS "actorId", e.action, e.entity_type AS "entityType",
  e.entity_id AS "entityId", e.before, e.after, e.ip, e.user_agent AS "userAgent", e.request_id AS "requestId",
  e.prev_hash AS "prevHash", e.hash, o.organization_id AS "organizationId"`;

/** The audit trail, to read. */
@Injectable()
export class AuditEntriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** At most `limit` entries that come after `after`, newest first. */
  listPage(filter: AuditFilter, after: AuditPlace | null, limit: number, offset = 0): Promise<AuditRow[]> {
    const { sql, parameters } = auditPageSql(filter, after, limit, offset);
    return this.dataSource.query(sql, parameters);
  }

  /** The tenant of an organization, also of one that is gone; null when there never was one of this id. */
  async findTenant(organizationId: string): Promise<string | null> {
    const [row]: { tenantId: string }[] = await this.dataSource.query(
      `SELECT customer_id AS "tenantId" FROM saas.organizations WHERE organization_id = $1`,
      [organizationId],
    );
    if (row !== undefined) return row.tenantId;
    const [trace]: { tenantId: string }[] = await this.dataSource.query(
      `SELECT tenant_id AS "tenantId" FROM governance.audit_entries
        WHERE entity_type = 'organization' AND entity_id = $1 AND action = 'organization.created'
        ORDER BY occurred_at DESC, id DESC LIMIT 1`,
      [organizationId],
    );
    return trace?.tenantId ?? null;
  }
}

/** The statement of a page. Each filter has an index in this order. */
export function auditPageSql(
  filter: AuditFilter,
  after: AuditPlace | null,
  limit: number,
  offset: number,
): { sql: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const place = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = Object.entries({
    'e.tenant_id': filter.tenantId,
    'e.actor_id': filter.actorId,
    'e.actor_type': filter.actorType,
    'e.entity_type': filter.entityType,
    'e.entity_id': filter.entityId,
    'e.request_id': filter.requestId,
  }).flatMap(([column, value]) => (value === undefined ? [] : [`${column} = ${place(value)}`]));
  if (filter.action?.endsWith('*') === true) {
    conditions.push(`e.action LIKE ${place(`${likeText(filter.action.slice(0, -1))}%`)}`);
  } else if (filter.action !== undefined) {
    conditions.push(`e.action = ${place(filter.action)}`);
  }
  if (filter.from !== undefined) conditions.push(`e.occurred_at >= ${place(filter.from)}`);
  if (filter.to !== undefined) conditions.push(`e.occurred_at < ${place(filter.to)}`);
  if (after !== null) conditions.push(`(e.occurred_at, e.id) < (${place(after.occurredAt)}, ${place(after.id)}::uuid)`);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT ${COLUMNS} FROM governance.audit_entries e
    LEFT JOIN saas.organizations o ON o.customer_id = e.tenant_id
    ${where} ORDER BY e.occurred_at DESC, e.id DESC LIMIT ${place(limit)} OFFSET ${place(offset)}`;
  return { sql, parameters };
}

/** A text that LIKE takes literally. */
function likeText(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
