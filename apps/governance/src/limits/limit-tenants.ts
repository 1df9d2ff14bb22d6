import { Injectable } from '@nestjs/common';
import { DEFAULT_CALENDAR, type LimitEntity, type TenantCalendar } from '@penstock/domain';
import { type LimitOwner, type OwnerColumns, ownerOf } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

/** Where the limits of an owner count, and by which calendar. */
export interface LimitPlace {
  readonly tenantId: string;
  readonly calendar: TenantCalendar;
}

interface PlaceRow {
  readonly id: string;
  readonly tenantId: string;
  readonly timeZone: string | null;
  readonly fiscalYearStartMonth: number | null;
}

/** In the order of the parameters of {@link PLACES_SQL}. */
const ENTITIES: readonly LimitEntity[] = [
  'virtual_key',
  'team',
  'customer',
  'provider_config',
  'model_config',
  'shared_budget',
];

/** A tenant is a customer, else a team, else a key: the end of the path that starts at the owner. */
const PLACES_SQL = `
SELECT o.id, o.tenant_id AS "tenantId", n.time_zone AS "timeZone",
  n.fiscal_year_start_month AS "fiscalYearStartMonth"
FROM (
  SELECT k.id, COALESCE(k.customer_id, t.customer_id, k.team_id, k.id) AS tenant_id
    FROM governance.virtual_keys k LEFT JOIN governance.teams t ON t.id = k.team_id
   WHERE k.id = ANY($1::uuid[])
  UNION ALL
  SELECT t.id, COALESCE(t.customer_id, t.id) FROM governance.teams t WHERE t.id = ANY($2::uuid[])
  UNION ALL
  SELECT id, id FROM unnest($3::uuid[]) AS customers(id)
  UNION ALL
  SELECT p.id, COALESCE(k.customer_id, t.customer_id, k.team_id, k.id)
    FROM governance.provider_configs p JOIN governance.virtual_keys k ON k.id = p.virtual_key_id
    LEFT JOIN governance.teams t ON t.id = k.team_id
   WHERE p.id = ANY($4::uuid[])
  UNION ALL
  SELECT m.id, COALESCE(m.customer_id, mt.customer_id, mt.id, k.customer_id, kt.customer_id, k.team_id, k.id)
    FROM governance.model_configs m LEFT JOIN governance.teams mt ON mt.id = m.team_id
    LEFT JOIN governance.virtual_keys k ON k.id = m.virtual_key_id LEFT JOIN governance.teams kt ON kt.id = k.team_id
   WHERE m.id = ANY($5::uuid[])
  UNION ALL
  SELECT id, id FROM unnest($6::uuid[]) AS shared(id)
) o LEFT JOIN governance.tenants n ON n.id = o.tenant_id`;

/** Whose counters the limits of owners lie among, for any number of limits in one query. */
@Injectable()
export class LimitTenants {
  constructor(private readonly dataSource: DataSource) {}

  /** Place by owner id. */
  async ofRows(rows: readonly OwnerColumns[]): Promise<Map<string, LimitPlace>> {
    return this.findMany(this.dataSource.manager, rows.map(ownerOf));
  }

  /** The place of one owner as a transaction sees it; undefined when it is gone. */
  async find(tx: EntityManager, owner: LimitOwner): Promise<LimitPlace | undefined> {
    return (await this.findMany(tx, [owner])).get(owner.id);
  }

  /** The place of an owner that the transaction has locked. */
  async ofOwner(tx: EntityManager, owner: LimitOwner): Promise<LimitPlace> {
    const place = await this.find(tx, owner);
    if (place === undefined) throw new Error(`The ${owner.entity} ${owner.id} is gone though it was locked.`);
    return place;
  }

  private async findMany(manager: EntityManager, owners: readonly LimitOwner[]): Promise<Map<string, LimitPlace>> {
    if (owners.length === 0) return new Map();
    const rows: PlaceRow[] = await manager.query(
      PLACES_SQL,
      ENTITIES.map((entity) => [...new Set(owners.filter((owner) => owner.entity === entity).map(({ id }) => id))]),
    );
    return new Map(
      rows.map(({ id, tenantId, timeZone, fiscalYearStartMonth }) => [
        id,
        {
          tenantId,
          calendar: {
            timeZone: timeZone ?? DEFAULT_CALENDAR.timeZone,
            fiscalYearStartMonth: fiscalYearStartMonth ?? DEFAULT_CALENDAR.fiscalYearStartMonth,
          },
        },
      ]),
    );
  }
}
