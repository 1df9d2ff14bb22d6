import type { CounterCarryOver } from '@penstock/dto';
import type { EntityManager } from 'typeorm';

import type { UsageMove } from './change.js';

/**
 * Usage that has not arrived yet where these limits are leaving from. A limit that moves on before its first move was
 * announced would lose it: the message of the second move names the first tenant as well, so that each message is
 * complete by itself and their order does not matter. The greatest value wins, so what had arrived counts once.
 */
export async function findUpstreamCarryOvers(
  tx: EntityManager,
  moves: readonly UsageMove[],
): Promise<CounterCarryOver[]> {
  if (moves.length === 0) return [];
  const rows: { tenantId: string; carryOvers: CounterCarryOver[] }[] = await tx.query(
    `SELECT tenant_id AS "tenantId", payload -> 'carryOvers' AS "carryOvers" FROM governance.outbox_messages
      WHERE tenant_id = ANY($1) AND delivered_at IS NULL AND jsonb_array_length(payload -> 'carryOvers') > 0
      ORDER BY seq`,
    [moves.map(({ fromTenantId }) => fromTenantId)],
  );
  return moves.flatMap((move) => {
    const moved = new Set(move.limitKeys);
    return rows
      .filter(({ tenantId }) => tenantId === move.fromTenantId)
      .flatMap(({ carryOvers }) => carryOvers)
      .map((carryOver) => ({ ...carryOver, limitKeys: carryOver.limitKeys.filter((key) => moved.has(key)) }))
      .filter(({ fromTenantId, limitKeys }) => limitKeys.length > 0 && fromTenantId !== move.toTenantId);
  });
}
