import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { EntityManager } from 'typeorm';

import { budgetKey, rateLimitKeys } from './limit-specs.js';

/** $1 keys, $2 teams: the limits whose counters move with them. */
const OWNED_SQL = (table: 'budgets' | 'rate_limits'): string => `
SELECT l.seq::text AS seq FROM governance.${table} l
WHERE l.virtual_key_id = ANY($1) OR l.team_id = ANY($2)
  OR l.provider_config_id IN (SELECT id FROM governance.provider_configs WHERE virtual_key_id = ANY($1))
  OR l.model_config_id IN (
    SELECT id FROM governance.model_configs WHERE virtual_key_id = ANY($1) OR team_id = ANY($2))`;

const SHARED_SQL = `
SELECT DISTINCT b.id, b.name FROM governance.budget_attachments a JOIN governance.budgets b ON b.id = a.budget_id
WHERE a.virtual_key_id = ANY($1) OR a.team_id = ANY($2) ORDER BY b.name, b.id`;

/** Limits that follow keys and teams into another tenant. */
@Injectable()
export class MovingLimits {
  /**
   * The counter keys of everything that limits these keys and teams and moves with them.
   *
   * @throws AppError `still_attached` when one of them spends from a shared budget: that stays where it is, and its
   * cap could not be kept over two tenants.
   */
  async keysOf(
    tx: EntityManager,
    moved: { readonly keyIds: readonly string[]; readonly teamIds: readonly string[] },
  ): Promise<string[]> {
    const ids = [moved.keyIds, moved.teamIds];
    const shared: { id: string; name: string }[] = await tx.query(SHARED_SQL, ids);
    if (shared.length > 0) {
      throw new AppError('still_attached', {
        detail: `It spends from a shared budget (${shared.map(({ name }) => name).join(', ')}) and cannot move to another customer while it does. Detach it first.`,
        data: { budgets: shared },
      });
    }
    const budgets: { seq: string }[] = await tx.query(OWNED_SQL('budgets'), ids);
    const rateLimits: { seq: string }[] = await tx.query(OWNED_SQL('rate_limits'), ids);
    return [...budgets.map(budgetKey), ...rateLimits.flatMap(rateLimitKeys)];
  }
}
