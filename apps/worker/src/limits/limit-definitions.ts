import { type CountedLimit, limitKey, type LimitUnit, type WindowSpec, windowSpecOf } from '@penstock/domain';
import type { EntityManager } from 'typeorm';

/** What maintenance must know of a limit. */
export interface LimitDefinition extends CountedLimit {
  /** In whose counters the limit counts now. */
  readonly tenantId: string;
}

interface LimitRow {
  readonly unit: LimitUnit;
  readonly seq: string;
  readonly generation: number;
  /** Null: concurrent requests, which have no window. */
  readonly duration: string | null;
  readonly anchor_at: Date;
  readonly aligned_from: Date | null;
  readonly is_sliding: boolean;
  readonly tenant_id: string;
  readonly time_zone: string;
  readonly fiscal_year_start_month: number;
}

const RATE_LIMIT_KINDS = [
  ['tokens', 'token'],
  ['input_tokens', 'input_token'],
  ['output_tokens', 'output_token'],
  ['requests', 'request'],
] as const;

const OWNERS = 'virtual_key_id, team_id, customer_id, provider_config_id, model_config_id';

/**
 * A tenant is a customer, else a team, else a key: the end of the path that starts at the limit's owner. A config of a
 * provider or model is on the path of whom it belongs to.
 */
const LIMITS = `
  WITH limits AS (
    SELECT 'nano_usd' AS unit, seq, generation, reset_duration AS duration, anchor_at, aligned_from,
      false AS is_sliding, ${OWNERS}, shared_tenant_id
    FROM governance.budgets
    ${RATE_LIMIT_KINDS.map(
      ([unit, column]) => `UNION ALL
    SELECT '${unit}', seq, ${column}_generation, ${column}_reset_duration, ${column}_anchor_at, NULL,
      window_type = 'sliding', ${OWNERS}, NULL
    FROM governance.rate_limits WHERE ${column}_max_limit IS NOT NULL`,
    ).join('\n    ')}
    UNION ALL
    SELECT 'concurrent_requests', seq, 1, NULL, created_at, NULL, false, ${OWNERS}, NULL
    FROM governance.rate_limits WHERE concurrent_max_limit IS NOT NULL
  ), owned AS (
    SELECT l.*, COALESCE(l.virtual_key_id, p.virtual_key_id, m.virtual_key_id) AS key_id,
      COALESCE(l.team_id, m.team_id) AS own_team_id, COALESCE(l.customer_id, m.customer_id) AS own_customer_id
    FROM limits l
    LEFT JOIN governance.provider_configs p ON p.id = l.provider_config_id
    LEFT JOIN governance.model_configs m ON m.id = l.model_config_id
  ), placed AS (
    SELECT o.*, COALESCE(o.shared_tenant_id, o.own_customer_id, t.customer_id, t.id, k.customer_id, kt.customer_id,
      kt.id, k.id) AS tenant_id
    FROM owned o
    LEFT JOIN governance.teams t ON t.id = o.own_team_id
    LEFT JOIN governance.virtual_keys k ON k.id = o.key_id
    LEFT JOIN governance.teams kt ON kt.id = k.team_id
  )
  SELECT p.unit, p.seq, p.generation, p.duration, p.anchor_at, p.aligned_from, p.is_sliding, p.tenant_id,
    COALESCE(n.time_zone, 'UTC') AS time_zone,
    COALESCE(n.fiscal_year_start_month, 1) AS fiscal_year_start_month
  FROM placed p LEFT JOIN governance.tenants n ON n.id = p.tenant_id`;

/** Accounts of credits, and holds on them that have not ended. They count without end. */
const CREDITS = `
  SELECT 'credits' AS unit, seq, tenant_id FROM ledger.credit_accounts WHERE kind = 'team'
  UNION ALL
  SELECT 'micro_credits', seq, tenant_id FROM ledger.credit_holds WHERE state <> 'closed'`;

/** Every limit in force, by its key; the credits of teams and the holds on them too. */
export async function readLimitDefinitions(manager: EntityManager): Promise<Map<string, LimitDefinition>> {
  const rows: LimitRow[] = await manager.query(LIMITS);
  const credits: Pick<LimitRow, 'unit' | 'seq' | 'tenant_id'>[] = await manager.query(CREDITS);
  const creditDefinitions = credits.map((row): [string, LimitDefinition] => {
    const key = limitKey(row.unit, BigInt(row.seq));
    return [key, { key, generation: 0, tenantId: row.tenant_id, window: { kind: 'unending' } }];
  });
  return new Map(
    creditDefinitions.concat(
      rows.map((row) => {
        const definition: LimitDefinition = {
          key: limitKey(row.unit, BigInt(row.seq)),
          generation: row.generation,
          tenantId: row.tenant_id,
          window: windowOf(row),
        };
        return [definition.key, definition] as [string, LimitDefinition];
      }),
    ),
  );
}

function windowOf(row: LimitRow): WindowSpec {
  if (row.duration === null) return { kind: 'unending' };
  return windowSpecOf(
    {
      durationText: row.duration,
      anchorMs: row.anchor_at.getTime(),
      alignedFromMs: row.aligned_from?.getTime() ?? null,
      isSliding: row.is_sliding,
    },
    { timeZone: row.time_zone, fiscalYearStartMonth: row.fiscal_year_start_month },
  );
}
