import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { ownerOf, type OwnerColumns } from '../limits/limit-owner.js';

interface TenantRow {
  readonly id: string;
  readonly tenantId: string;
}

/** Whose counters the limits of owners lie among, for any number of limits in one query. */
@Injectable()
export class OwnerTenants {
  constructor(private readonly dataSource: DataSource) {}

  /** Tenant by owner id. */
  async ofLimits(limits: readonly OwnerColumns[]): Promise<Map<string, string>> {
    const owners = limits.map(ownerOf);
    const idsOf = (entity: string): string[] => [
      ...new Set(owners.filter((owner) => owner.entity === entity).map(({ id }) => id)),
    ];
    const rows: TenantRow[] = await this.dataSource.query(
      `SELECT k.id, COALESCE(k.customer_id, t.customer_id, k.team_id, k.id) AS "tenantId"
         FROM governance.virtual_keys k LEFT JOIN governance.teams t ON t.id = k.team_id
        WHERE k.id = ANY($1)
        UNION ALL
       SELECT t.id, COALESCE(t.customer_id, t.id) FROM governance.teams t WHERE t.id = ANY($2)`,
      [idsOf('virtual_key'), idsOf('team')],
    );
    const tenants = new Map(rows.map(({ id, tenantId }) => [id, tenantId]));
    for (const id of idsOf('customer')) tenants.set(id, id);
    return tenants;
  }
}
