import { Injectable } from '@nestjs/common';
import { allowedNames, AppError } from '@penstock/domain';
import { type Change, readModelGrants } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

import { holdCatalogue } from '../changes/catalogue-lock.js';

/** What a team is to have instead of what it has; what is absent stays. One that is named twice counts once. */
export interface Assignment {
  readonly modelGroups?: readonly string[] | undefined;
  readonly accessGroups?: readonly string[] | undefined;
}

/** Names of the groups that a team has, sorted, active or not. */
export interface AssignedGroups {
  readonly model_groups: readonly string[];
  readonly access_groups: readonly string[];
}

/** What a team has, and what it may call with it. */
export interface TeamModels extends AssignedGroups {
  /** Real names of models, sorted; only what is active counts. */
  readonly allowed_models: readonly string[];
  /** Sorted; only what is active counts. */
  readonly allowed_model_aliases: readonly string[];
}

interface Kind {
  readonly what: string;
  readonly links: string;
  readonly groups: string;
  readonly id: string;
}

const MODEL_GROUPS: Kind = {
  what: 'Model group',
  links: 'saas.team_model_groups',
  groups: 'saas.model_groups',
  id: 'model_group_id',
};
const ACCESS_GROUPS: Kind = {
  what: 'Access group',
  links: 'saas.team_access_groups',
  groups: 'saas.model_access_groups',
  id: 'model_access_group_id',
};

/** Which model groups and access groups teams have. */
@Injectable()
export class ModelAssignments {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Gives a team other groups inside a change, and touches its tenant when it then has others than before. The caller
   * writes the audit entry, from what is answered. The team's row, of this transaction or an earlier one, is locked.
   *
   * @throws AppError `not_found` when the team or one of the names is unknown; the change is lost then.
   */
  async replace(
    change: Change,
    teamId: string,
    { modelGroups, accessGroups }: Assignment,
  ): Promise<{ before: AssignedGroups; after: AssignedGroups }> {
    await holdCatalogue(change.tx);
    const tenantId = await lockTeam(change.tx, teamId);
    const before = await readAssigned(change.tx, teamId);
    if (modelGroups !== undefined) await replaceLinks(change, MODEL_GROUPS, teamId, modelGroups);
    if (accessGroups !== undefined) await replaceLinks(change, ACCESS_GROUPS, teamId, accessGroups);
    const after = await readAssigned(change.tx, teamId);
    if (JSON.stringify(before) !== JSON.stringify(after)) change.touch(tenantId);
    return { before, after };
  }

  /** Those of the names that are access groups. */
  async knownAccessGroups(manager: EntityManager, names: readonly string[]): Promise<string[]> {
    const rows: { name: string }[] = await manager.query(
      'SELECT group_name AS name FROM saas.model_access_groups WHERE group_name = ANY($1)',
      [names],
    );
    return rows.map(({ name }) => name);
  }

  /** What each of the teams has; also for a team that was just made, when its transaction is given. */
  async describe(
    teamIds: readonly string[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<ReadonlyMap<string, TeamModels>> {
    const assigned = await readAllAssigned(manager, teamIds);
    const grants = await readModelGrants(manager, teamIds);
    return new Map(
      assigned.map(({ teamId, ...groups }) => {
        const { models, aliases } = allowedNames(grants.get(teamId) ?? { aliases: [], groups: [] });
        return [teamId, { ...groups, allowed_models: models, allowed_model_aliases: aliases }];
      }),
    );
  }
}

/** The team's tenant. Two replacements of one team follow each other, so each reads what the other has left. */
async function lockTeam(tx: EntityManager, teamId: string): Promise<string> {
  const [team]: { tenantId: string }[] = await tx.query(
    `SELECT COALESCE(g.customer_id, g.id) AS "tenantId"
       FROM saas.teams t JOIN governance.teams g ON g.id = t.governance_team_id
      WHERE t.team_id = $1 FOR NO KEY UPDATE OF t`,
    [teamId],
  );
  if (team === undefined) throw new AppError('not_found', { detail: `Team '${teamId}' was not found.` });
  return team.tenantId;
}

async function replaceLinks(
  { tx, now }: Change,
  { what, links, groups, id }: Kind,
  teamId: string,
  names: readonly string[],
): Promise<void> {
  const found: { id: string; name: string }[] = await tx.query(
    `SELECT ${id} AS id, group_name AS name FROM ${groups} WHERE group_name = ANY($1)`,
    [names],
  );
  const known = new Set(found.map(({ name }) => name));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw new AppError('not_found', { detail: `${what} '${missing}' was not found.` });
  const ids = found.map((group) => group.id);
  await tx.query(`DELETE FROM ${links} WHERE team_id = $1 AND ${id} <> ALL($2)`, [teamId, ids]);
  await tx.query(
    `INSERT INTO ${links} (team_id, ${id}, assigned_at) SELECT $1, unnest($2::uuid[]), $3 ON CONFLICT DO NOTHING`,
    [teamId, ids, now],
  );
}

async function readAssigned(manager: EntityManager, teamId: string): Promise<AssignedGroups> {
  const [row] = await readAllAssigned(manager, [teamId]);
  return { model_groups: row?.model_groups ?? [], access_groups: row?.access_groups ?? [] };
}

function readAllAssigned(
  manager: EntityManager,
  teamIds: readonly string[],
): Promise<({ readonly teamId: string } & AssignedGroups)[]> {
  return manager.query(
    `SELECT t.team_id AS "teamId", ${namesOf(MODEL_GROUPS)} AS model_groups, ${namesOf(ACCESS_GROUPS)} AS access_groups
       FROM unnest($1::text[]) AS t (team_id)`,
    [teamIds],
  );
}

function namesOf({ links, groups, id }: Kind): string {
  return `(SELECT COALESCE(json_agg(g.group_name ORDER BY g.group_name COLLATE "C"), '[]')
    FROM ${links} l JOIN ${groups} g ON g.${id} = l.${id} WHERE l.team_id = t.team_id)`;
}
