import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { tenantIdOf } from '@penstock/management';
import type { EntityManager } from 'typeorm';

import { isUuid } from '../http/entity-id.pipe.js';

/** A key or team that cannot move to another tenant until the transaction ends. */
export interface PlacedMember {
  readonly kind: 'virtual key' | 'team';
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly customerId: string | null;
}

interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly teamId: string | null;
  readonly customerId: string | null;
}

type TeamRow = Omit<KeyRow, 'teamId'>;

/** Finds keys and teams of requests, and holds them where they are. */
@Injectable()
export class PlacedMembers {
  /**
   * Keys first, then teams, each in the order of ids, as changes of keys lock them.
   *
   * @throws AppError `reference_dangling`
   */
  async lock(tx: EntityManager, keyIds: readonly string[], teamIds: readonly string[]): Promise<PlacedMember[]> {
    const keys: KeyRow[] = await tx.query(
      `SELECT id, name, team_id AS "teamId", customer_id AS "customerId" FROM governance.virtual_keys
        WHERE id = ANY($1) ORDER BY id FOR SHARE`,
      [keyIds.filter(isUuid)],
    );
    refuseDangling('virtual key', keyIds, keys);
    const teams: TeamRow[] = await tx.query(
      `SELECT id, name, customer_id AS "customerId" FROM governance.teams WHERE id = ANY($1) ORDER BY id FOR SHARE`,
      [[...teamIds.filter(isUuid), ...keys.flatMap(({ teamId }) => teamId ?? [])]],
    );
    refuseDangling('team', teamIds, teams);
    const customerOf = new Map(teams.map((team) => [team.id, team.customerId]));
    return [
      ...keys.map(({ id, name, teamId, customerId }): PlacedMember => {
        const ofPath = customerId ?? customerOf.get(teamId ?? '') ?? null;
        const tenantId = tenantIdOf({ keyId: id, teamId, customerId: ofPath });
        return { kind: 'virtual key', id, name, tenantId, customerId: ofPath };
      }),
      ...teams
        .filter(({ id }) => teamIds.includes(id))
        .map(({ id, name, customerId }): PlacedMember => {
          return { kind: 'team', id, name, tenantId: tenantIdOf({ teamId: id, customerId }), customerId };
        }),
    ];
  }
}

/** @throws AppError `validation_failed` naming the first that belongs to another tenant, and why that matters. */
export function refuseElsewhere(tenantId: string, members: readonly PlacedMember[]): void {
  const stranger = members.find((member) => member.tenantId !== tenantId);
  if (stranger === undefined) return;
  const { kind, id, name, customerId } = stranger;
  const place = customerId === null ? 'has no customer' : `belongs to the customer ${customerId}`;
  const path = kind === 'team' ? 'team_ids' : 'virtual_key_ids';
  throw new AppError('validation_failed', {
    detail: `The ${kind} ${JSON.stringify(name)} (${id}) ${place}, but the counters of this budget lie with ${tenantId}. A cap is kept in one place, so all that spend from a shared budget must belong to one customer (without one: to one team).`,
    fields: [{ path, reason: 'must all belong to one customer' }],
  });
}

function refuseDangling(kind: PlacedMember['kind'], ids: readonly string[], rows: readonly { id: string }[]): void {
  const missing = ids.find((id) => !rows.some((row) => row.id === id));
  if (missing === undefined) return;
  throw new AppError('reference_dangling', {
    detail: `There is no ${kind} with the id ${JSON.stringify(missing.slice(0, 64))}.`,
  });
}
