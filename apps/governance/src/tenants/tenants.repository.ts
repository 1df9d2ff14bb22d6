import { Injectable } from '@nestjs/common';
import type { TenantEntity } from '@penstock/entities';
import { DataSource, type EntityManager } from 'typeorm';

import type { TenantResponse } from './tenant.response.js';

/** Settings of a tenant, with who it is. */
export type TenantRow = Pick<TenantEntity, 'id' | 'timeZone' | 'fiscalYearStartMonth' | 'streamPolicy'> &
  Pick<TenantResponse, 'kind' | 'name'>;

const TENANT_SQL = `
SELECT n.id, o.kind, o.name, n.time_zone AS "timeZone", n.fiscal_year_start_month AS "fiscalYearStartMonth",
  n.stream_policy AS "streamPolicy"
FROM governance.tenants n JOIN (
  SELECT id, name, 'customer' AS kind FROM governance.customers WHERE id = $1
  UNION ALL
  SELECT id, name, 'team' FROM governance.teams WHERE id = $1 AND customer_id IS NULL
  UNION ALL
  SELECT id, name, 'virtual_key' FROM governance.virtual_keys
   WHERE id = $1 AND customer_id IS NULL AND team_id IS NULL
) o ON o.id = n.id`;

/** What holds every limit of a tenant in place; keys of teams are held by their team. In the order of changes. */
const LOCKS_SQL = [
  'SELECT FROM governance.customers WHERE id = $1 FOR UPDATE',
  'SELECT FROM governance.virtual_keys WHERE customer_id = $1 OR id = $1 ORDER BY id FOR UPDATE',
  'SELECT FROM governance.teams WHERE customer_id = $1 OR id = $1 ORDER BY id FOR UPDATE',
  'SELECT FROM governance.tenants WHERE id = $1 FOR UPDATE',
];

/** Rows of `governance.tenants` whose customer, team or key is there. */
@Injectable()
export class TenantsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: string, manager: EntityManager = this.dataSource.manager): Promise<TenantRow | null> {
    const rows: TenantRow[] = await manager.query(TENANT_SQL, [id]);
    return rows[0] ?? null;
  }

  /** Until the transaction ends nobody changes a limit that counts in the tenant, nor moves one into it or out of it. */
  async lock(tx: EntityManager, id: string): Promise<TenantRow | null> {
    for (const sql of LOCKS_SQL) await tx.query(sql, [id]);
    return this.find(id, tx);
  }
}
