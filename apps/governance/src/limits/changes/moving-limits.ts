import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { budgetKey, type Change, rateLimitKeys, type UsageMove } from '@penstock/management';

import { AlignedBudgets } from './aligned-budgets.js';

/** $1 keys, $2 teams: the limits whose counters move with them. */
const OWNED_SQL = (table: 'budgets' | 'rate_limits'): string => `
SELECT l.seq::text AS seq FROM governance.${table} l
WHERE l.virtual_key_id = ANY($1) OR l.team_id = ANY($2)
  OR l.provider_config_id IN (SELECT id FROM governance.provider_configs WHERE virtual_key_id = ANY($1))
  OR l.model_config_id IN (
    SELECT id FROM governance.model_configs WHERE virtual_key_id = ANY($1) OR team_id = ANY($2))`;

const SHARED_SQL = `
SELECT DISTINCT b.id, b.name FROM governance.budgets b LEFT JOIN governance.budget_attachments a ON a.budget_id = b.id
WHERE b.shared_tenant_id = $3 AND (a.virtual_key_id = ANY($1) OR a.team_id = ANY($2)
  OR b.shared_tenant_id = ANY($1) OR b.shared_tenant_id = ANY($2))
ORDER BY b.name, b.id`;

/** Keys and teams that get another tenant. */
export interface MovedMembers {
  readonly keyIds: readonly string[];
  readonly teamIds: readonly string[];
}

/** Limits that follow keys and teams into another tenant. */
@Injectable()
export class MovingLimits {
  constructor(private readonly aligned: AlignedBudgets) {}

  /**
   * Takes everything that limits these keys and teams along: their windows follow the calendar of the new tenant from
   * now on, and their usage is carried over.
   *
   * @throws AppError `still_attached` when one of them spends from a shared budget, or is the tenant of one: that stays
   * where it is, and its cap could not be kept over two tenants.
   */
  async move(change: Change, moved: MovedMembers, way: Omit<UsageMove, 'limitKeys'>): Promise<void> {
    const { tx } = change;
    const ids = [moved.keyIds, moved.teamIds];
    const shared: { id: string; name: string }[] = await tx.query(SHARED_SQL, [...ids, way.fromTenantId]);
    if (shared.length > 0) {
      throw new AppError('still_attached', {
        detail: `It spends from a shared budget (${shared.map(({ name }) => name).join(', ')}) and cannot move to another customer while it does. Detach it, or delete the budget, first.`,
        data: { budgets: shared },
      });
    }
    await this.aligned.follow(change, moved, way);
    const budgets: { seq: string }[] = await tx.query(OWNED_SQL('budgets'), ids);
    const rateLimits: { seq: string }[] = await tx.query(OWNED_SQL('rate_limits'), ids);
    change.move({ ...way, limitKeys: [...budgets.map(budgetKey), ...rateLimits.flatMap(rateLimitKeys)] });
  }
}
