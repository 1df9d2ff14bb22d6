import type { Change } from '@penstock/management';

/**
 * The next call of every team that uses a model group is decided by what it is after the change. Other tenants keep
 * their snapshots.
 */
export async function touchUsersOfModelGroup(change: Change, modelGroupId: string): Promise<void> {
  await touchTenantsOf(change, 'SELECT team_id FROM saas.team_model_groups WHERE model_group_id = $1', modelGroupId);
}

/** As {@link touchUsersOfModelGroup}, of an access group. */
export async function touchUsersOfAccessGroup(change: Change, modelAccessGroupId: string): Promise<void> {
  await touchTenantsOf(
    change,
    'SELECT team_id FROM saas.team_access_groups WHERE model_access_group_id = $1',
    modelAccessGroupId,
  );
}

/** As {@link touchUsersOfModelGroup}, of an alias: it reaches teams through its access groups. */
export async function touchUsersOfAlias(change: Change, modelAliasId: string): Promise<void> {
  await touchTenantsOf(
    change,
    `SELECT t.team_id FROM saas.team_access_groups t
       JOIN saas.model_alias_access_groups l ON l.model_access_group_id = t.model_access_group_id
      WHERE l.model_alias_id = $1`,
    modelAliasId,
  );
}

/** A team of the admin API has the tenant of its governance team. */
async function touchTenantsOf(change: Change, teamIds: string, parameter: string): Promise<void> {
  const tenants: { tenantId: string }[] = await change.tx.query(
    `SELECT DISTINCT COALESCE(g.customer_id, g.id) AS "tenantId"
       FROM saas.teams s JOIN governance.teams g ON g.id = s.governance_team_id
      WHERE s.team_id IN (${teamIds})`,
    [parameter],
  );
  for (const { tenantId } of tenants) change.touch(tenantId);
}
