import { Injectable } from '@nestjs/common';
import { DEFAULT_CALENDAR, type TenantCalendar } from '@penstock/domain';
import { TenantEntity } from '@penstock/entities';
import type { Change } from '@penstock/management';
import { Any, type EntityManager } from 'typeorm';

import { realigned, type BudgetState } from './plan-budget-change.js';

/** A budget whose windows follow the calendar, as far as that concerns them. */
export type AlignedBudget = Pick<BudgetState, 'resetDuration' | 'anchorAt'> & {
  readonly id: string;
  readonly alignedFrom: Date;
};

const COLUMNS = `b.id, b.reset_duration AS "resetDuration", b.anchor_at AS "anchorAt", b.aligned_from AS "alignedFrom"`;

/** $1 keys, $2 teams: the calendar aligned budgets that they own, configs included. */
const OF_MEMBERS_SQL = `
SELECT ${COLUMNS} FROM governance.budgets b
WHERE b.aligned_from IS NOT NULL AND (b.virtual_key_id = ANY($1) OR b.team_id = ANY($2)
  OR b.provider_config_id IN (SELECT id FROM governance.provider_configs WHERE virtual_key_id = ANY($1))
  OR b.model_config_id IN (
    SELECT id FROM governance.model_configs WHERE virtual_key_id = ANY($1) OR team_id = ANY($2)))
ORDER BY b.seq`;

/** $1 tenant: the calendar aligned budgets whose counters lie in it. */
const OF_TENANT_SQL = `
WITH t AS (SELECT id FROM governance.teams WHERE customer_id = $1 OR (id = $1 AND customer_id IS NULL)),
k AS (SELECT id FROM governance.virtual_keys
  WHERE customer_id = $1 OR team_id IN (SELECT id FROM t) OR (id = $1 AND customer_id IS NULL AND team_id IS NULL))
SELECT ${COLUMNS} FROM governance.budgets b
WHERE b.aligned_from IS NOT NULL AND (b.customer_id = $1 OR b.shared_tenant_id = $1
  OR b.team_id IN (SELECT id FROM t) OR b.virtual_key_id IN (SELECT id FROM k)
  OR b.provider_config_id IN (SELECT id FROM governance.provider_configs WHERE virtual_key_id IN (SELECT id FROM k))
  OR b.model_config_id IN (SELECT id FROM governance.model_configs
    WHERE customer_id = $1 OR team_id IN (SELECT id FROM t) OR virtual_key_id IN (SELECT id FROM k)))
ORDER BY b.seq`;

/** Budgets whose windows follow the calendar of their tenant, when that becomes another one. */
@Injectable()
export class AlignedBudgets {
  async ofMembers(tx: EntityManager, keyIds: readonly string[], teamIds: readonly string[]): Promise<AlignedBudget[]> {
    return tx.query(OF_MEMBERS_SQL, [keyIds, teamIds]);
  }

  async ofTenant(tx: EntityManager, tenantId: string): Promise<AlignedBudget[]> {
    return tx.query(OF_TENANT_SQL, [tenantId]);
  }

  /** Calendars by tenant; one that has set none is absent. */
  async calendarsOf(tx: EntityManager, tenantIds: readonly string[]): Promise<Map<string, TenantCalendar>> {
    const tenants = await tx.getRepository(TenantEntity).findBy({ id: Any([...tenantIds]) });
    return new Map(tenants.map(({ id, timeZone, fiscalYearStartMonth }) => [id, { timeZone, fiscalYearStartMonth }]));
  }

  /** When members move from one tenant to another: see {@link realign}. */
  async follow(
    change: Change,
    members: { readonly keyIds: readonly string[]; readonly teamIds: readonly string[] },
    { fromTenantId, toTenantId }: { readonly fromTenantId: string; readonly toTenantId: string },
  ): Promise<void> {
    const calendars = await this.calendarsOf(change.tx, [fromTenantId, toTenantId]);
    const before = calendars.get(fromTenantId) ?? DEFAULT_CALENDAR;
    if (isSameCalendar(before, calendars.get(toTenantId) ?? DEFAULT_CALENDAR)) return;
    await this.realign(change, await this.ofMembers(change.tx, members.keyIds, members.teamIds), before);
  }

  /**
   * Usage and the start of the current window stay, so calls in flight settle where they reserved; the window ends at
   * the first boundary of the new calendar. Their owners must be locked.
   *
   * @returns the budgets as they are then.
   */
  async realign(
    change: Change,
    budgets: readonly AlignedBudget[],
    calendarBefore: TenantCalendar,
  ): Promise<AlignedBudget[]> {
    const nowMs = change.now.getTime();
    const after = budgets.map((budget) => {
      const { anchorAt } = realigned(budget, calendarBefore, nowMs);
      return { ...budget, anchorAt, alignedFrom: change.now };
    });
    await change.tx.query(
      `UPDATE governance.budgets b SET anchor_at = v.anchor_at, aligned_from = $3, updated_at = $3
       FROM unnest($1::uuid[], $2::timestamptz[]) AS v(id, anchor_at) WHERE b.id = v.id`,
      [after.map(({ id }) => id), after.map(({ anchorAt }) => anchorAt), change.now],
    );
    return after;
  }
}

/** Whether windows of both lie alike. */
export function isSameCalendar(left: TenantCalendar, right: TenantCalendar): boolean {
  return left.timeZone === right.timeZone && left.fiscalYearStartMonth === right.fiscalYearStartMonth;
}
