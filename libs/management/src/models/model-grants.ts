import type { ModelGrants } from '@penstock/domain';
import type { EntityManager } from 'typeorm';

/**
 * What operators have assigned to a team, as the JSON of a `ModelGrants`; only what is active counts. An expression for
 * a SELECT, so that it can be part of the one statement that reads a whole policy.
 *
 * @param teamId the SQL of the team's id in the admin API, `t.team_id` for instance.
 */
export function modelGrantsJson(teamId: string): string {
  return `json_build_object(
  'aliases', (SELECT COALESCE(json_agg(json_build_object('name', a.model_alias, 'provider', a.provider,
      'model', a.actual_model, 'clientPrice', CASE WHEN num_nonnulls(a.pricing_input, a.pricing_output) = 2
        THEN json_build_object('inputUsdPerMtok', trim_scale(a.pricing_input)::text,
          'outputUsdPerMtok', trim_scale(a.pricing_output)::text) END) ORDER BY a.model_alias), '[]')
    FROM saas.model_aliases a
    WHERE a.status = 'active' AND a.model_alias_id IN (
      SELECT la.model_alias_id FROM saas.team_access_groups ta
      JOIN saas.model_access_groups ga ON ga.model_access_group_id = ta.model_access_group_id
      JOIN saas.model_alias_access_groups la ON la.model_access_group_id = ta.model_access_group_id
      WHERE ta.team_id = ${teamId} AND ga.status = 'active')),
  'groups', (SELECT COALESCE(json_agg(json_build_object('name', gm.group_name, 'models', (
      SELECT COALESCE(json_agg(mm.model_name ORDER BY mm.priority, mm.id), '[]') FROM saas.model_group_models mm
      WHERE mm.model_group_id = gm.model_group_id AND mm.is_active)) ORDER BY gm.group_name), '[]')
    FROM saas.team_model_groups tm
    JOIN saas.model_groups gm ON gm.model_group_id = tm.model_group_id
    WHERE tm.team_id = ${teamId} AND gm.status = 'active'))`;
}

/** What is assigned to each of the teams; a team that does not exist has an entry without anything in it. */
export async function readModelGrants(
  manager: EntityManager,
  teamIds: readonly string[],
): Promise<ReadonlyMap<string, ModelGrants>> {
  const rows: { teamId: string; grants: ModelGrants }[] = await manager.query(
    `SELECT t.team_id AS "teamId", ${modelGrantsJson('t.team_id')} AS grants FROM unnest($1::text[]) AS t (team_id)`,
    [teamIds],
  );
  return new Map(rows.map(({ teamId, grants }) => [teamId, grants]));
}
