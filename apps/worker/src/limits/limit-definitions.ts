import { limitKey, parseDuration, windowAt, type WindowSpec } from '@penstock/domain';
import type { EntityManager } from 'typeorm';

/** What maintenance must know of a limit. */
export interface LimitDefinition {
  readonly key: string;
  readonly generation: number;
  /** In whose counters the limit counts now. */
  readonly tenantId: string;
  readonly window: WindowSpec;
}

interface LimitRow {
  readonly unit: 'requests' | 'tokens' | 'nano_usd';
  readonly seq: string;
  readonly generation: number;
  readonly duration: string;
  readonly anchor_at: Date;
  readonly tenant_id: string;
}

/** A tenant is a customer, else a team, else a key: the end of the path that starts at the limit's owner. */
const LIMITS = `
  SELECT l.unit, l.seq, l.generation, l.duration, l.anchor_at,
    COALESCE(l.customer_id, t.customer_id, t.id, k.customer_id, kt.customer_id, kt.id, k.id) AS tenant_id
  FROM (
    SELECT 'nano_usd' AS unit, seq, generation, reset_duration AS duration, anchor_at,
      virtual_key_id, team_id, customer_id
    FROM governance.budgets
    UNION ALL
    SELECT 'tokens', seq, token_generation, token_reset_duration, token_anchor_at, virtual_key_id, team_id, customer_id
    FROM governance.rate_limits WHERE token_max_limit IS NOT NULL
    UNION ALL
    SELECT 'requests', seq, request_generation, request_reset_duration, request_anchor_at,
      virtual_key_id, team_id, customer_id
    FROM governance.rate_limits WHERE request_max_limit IS NOT NULL
  ) l
  LEFT JOIN governance.teams t ON t.id = l.team_id
  LEFT JOIN governance.virtual_keys k ON k.id = l.virtual_key_id
  LEFT JOIN governance.teams kt ON kt.id = k.team_id`;

/** Every limit in force, by its key. */
export async function readLimitDefinitions(manager: EntityManager): Promise<Map<string, LimitDefinition>> {
  const rows: LimitRow[] = await manager.query(LIMITS);
  return new Map(
    rows.map((row) => {
      const definition: LimitDefinition = {
        key: limitKey(row.unit, BigInt(row.seq)),
        generation: row.generation,
        tenantId: row.tenant_id,
        window: { kind: 'rolling', durationMs: parseDuration(row.duration), anchorMs: row.anchor_at.getTime() },
      };
      return [definition.key, definition];
    }),
  );
}

/** End of the window that began at `startMs`, in milliseconds since the epoch. */
export function windowEndMs(definition: LimitDefinition, startMs: number): number {
  return windowAt(definition.window, startMs).endMs;
}
