import { limitKey, type LimitSpec, nanoUsdFromCents, windowSpecOf } from '@penstock/domain';
import type { AlertOwner } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

/** A budget with thresholds, and who is concerned. */
export interface WatchedBudget {
  readonly id: string;
  /** In whose counters it counts. */
  readonly tenantId: string;
  readonly limit: LimitSpec;
  /** Percents of the cap. */
  readonly thresholds: readonly number[];
  readonly owners: readonly AlertOwner[];
  readonly updatedAtMs: number;
}

interface BudgetRow {
  readonly id: string;
  readonly seq: string;
  readonly tenantId: string;
  readonly maxLimitCents: string;
  readonly rolloverMaxCents: string | null;
  readonly resetDuration: string;
  readonly anchorAt: Date;
  readonly alignedFrom: Date | null;
  readonly generation: number;
  readonly thresholds: number[];
  readonly updatedAt: Date;
  readonly timeZone: string;
  readonly fiscalYearStartMonth: number;
  readonly raises: readonly { amountCents: string; fromMs: number; untilMs: number }[];
  readonly owners: readonly AlertOwner[];
}

const owner = (entity: string, id: string, name: string): string =>
  `json_build_object('entity', '${entity}', 'id', ${id}, 'name', ${name})`;
const ms = (column: string): string => `(EXTRACT(EPOCH FROM ${column}) * 1000)::bigint`;

/** $1: numbers of budgets; null: all. A tenant is a customer, else a team, else a key: the end of the owner's path. */
const BUDGETS = `
  WITH owned AS (
    SELECT b.*, COALESCE(b.virtual_key_id, p.virtual_key_id, m.virtual_key_id) AS key_id,
      COALESCE(b.team_id, m.team_id) AS own_team_id, COALESCE(b.customer_id, m.customer_id) AS own_customer_id,
      p.provider AS config_provider, concat_ws('/', m.provider, m.model) AS config_model
    FROM governance.budgets b
    LEFT JOIN governance.provider_configs p ON p.id = b.provider_config_id
    LEFT JOIN governance.model_configs m ON m.id = b.model_config_id
    WHERE b.thresholds <> '{}' AND ($1::bigint[] IS NULL OR b.seq = ANY($1))
  ), placed AS (
    SELECT o.*, k.name AS key_name, t.name AS team_name, c.name AS customer_name,
      COALESCE(o.shared_tenant_id, o.own_customer_id, t.customer_id, t.id, k.customer_id, kt.customer_id, kt.id, k.id)
        AS tenant_id
    FROM owned o
    LEFT JOIN governance.customers c ON c.id = o.own_customer_id
    LEFT JOIN governance.teams t ON t.id = o.own_team_id
    LEFT JOIN governance.virtual_keys k ON k.id = o.key_id
    LEFT JOIN governance.teams kt ON kt.id = k.team_id
  )
  SELECT b.id, b.seq, b.tenant_id AS "tenantId", b.max_limit_cents AS "maxLimitCents",
    b.rollover_max_cents AS "rolloverMaxCents", b.reset_duration AS "resetDuration", b.anchor_at AS "anchorAt",
    b.aligned_from AS "alignedFrom", b.generation, b.thresholds, b.updated_at AS "updatedAt",
    COALESCE(n.time_zone, 'UTC') AS "timeZone", COALESCE(n.fiscal_year_start_month, 1) AS "fiscalYearStartMonth",
    (SELECT COALESCE(json_agg(json_build_object('amountCents', x.amount_cents::text,
        'fromMs', ${ms('x.starts_at')}, 'untilMs', ${ms('x.ends_at')})), '[]')
      FROM governance.budget_raises x WHERE x.budget_id = b.id) AS raises,
    (SELECT COALESCE(json_agg(o.owner ORDER BY o.rank, o.id), '[]') FROM (
      SELECT 1 AS rank, b.id, ${owner('shared_budget', 'b.id', 'b.name')} AS owner WHERE b.shared_tenant_id IS NOT NULL
      UNION ALL SELECT 2, a.id, ${owner('virtual_key', 'k.id', 'k.name')} FROM governance.budget_attachments a
        JOIN governance.virtual_keys k ON k.id = a.virtual_key_id WHERE a.budget_id = b.id
      UNION ALL SELECT 2, a.id, ${owner('team', 't.id', 't.name')} FROM governance.budget_attachments a
        JOIN governance.teams t ON t.id = a.team_id WHERE a.budget_id = b.id
      UNION ALL SELECT 1, b.id, ${owner('provider_config', 'b.provider_config_id', 'b.config_provider')}
        WHERE b.provider_config_id IS NOT NULL
      UNION ALL SELECT 1, b.id, ${owner('model_config', 'b.model_config_id', 'b.config_model')}
        WHERE b.model_config_id IS NOT NULL
      UNION ALL SELECT 2, b.id, ${owner('virtual_key', 'b.key_id', 'b.key_name')} WHERE b.key_id IS NOT NULL
      UNION ALL SELECT 2, b.id, ${owner('team', 'b.own_team_id', 'b.team_name')} WHERE b.own_team_id IS NOT NULL
      UNION ALL SELECT 2, b.id, ${owner('customer', 'b.own_customer_id', 'b.customer_name')}
        WHERE b.own_customer_id IS NOT NULL
    ) o) AS owners
  FROM placed b LEFT JOIN governance.tenants n ON n.id = b.tenant_id`;

/** The budgets that have thresholds: all of them, or those among the numbers. */
export async function readWatchedBudgets(
  manager: EntityManager,
  seqs: readonly bigint[] | undefined,
): Promise<WatchedBudget[]> {
  const rows: BudgetRow[] = await manager.query(BUDGETS, [seqs?.map(String) ?? null]);
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenantId,
    limit: limitOf(row),
    thresholds: row.thresholds,
    owners: row.owners,
    updatedAtMs: row.updatedAt.getTime(),
  }));
}

function limitOf(row: BudgetRow): LimitSpec {
  const [first] = row.owners;
  return {
    key: limitKey('nano_usd', BigInt(row.seq)),
    limitId: row.id,
    unit: 'nano_usd',
    entity: first?.entity ?? 'shared_budget',
    entityId: first?.id ?? row.id,
    entityName: first?.name ?? '',
    cap: nanoUsdFromCents(row.maxLimitCents).toString(),
    generation: row.generation,
    window: windowSpecOf(
      {
        durationText: row.resetDuration,
        anchorMs: row.anchorAt.getTime(),
        alignedFromMs: row.alignedFrom?.getTime() ?? null,
        isSliding: false,
      },
      { timeZone: row.timeZone, fiscalYearStartMonth: row.fiscalYearStartMonth },
    ),
    durationText: row.resetDuration,
    raises: row.raises.map(({ amountCents, fromMs, untilMs }) => ({
      amount: nanoUsdFromCents(amountCents).toString(),
      fromMs,
      untilMs,
    })),
    ...(row.rolloverMaxCents === null ? {} : { rolloverMax: nanoUsdFromCents(row.rolloverMaxCents).toString() }),
  };
}
