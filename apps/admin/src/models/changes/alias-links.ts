import { AppError } from '@penstock/domain';
import type { Change } from '@penstock/management';

/** Puts an alias into these access groups, and takes it out of all others. @throws AppError `not_found` */
export async function replaceGroupsOfAlias(
  change: Change,
  modelAliasId: string,
  groupNames: readonly string[],
): Promise<void> {
  const ids = await idsOf(change, groupNames, {
    sql: 'SELECT model_access_group_id AS id, group_name AS name FROM saas.model_access_groups WHERE group_name = ANY($1)',
    what: 'Access group',
  });
  await replaceLinks(change, { own: 'model_alias_id', other: 'model_access_group_id' }, modelAliasId, ids);
}

/** Puts these aliases into an access group, and takes all others out. @throws AppError `not_found` */
export async function replaceAliasesOfGroup(
  change: Change,
  modelAccessGroupId: string,
  aliases: readonly string[],
): Promise<void> {
  const ids = await idsOf(change, aliases, {
    sql: 'SELECT model_alias_id AS id, model_alias AS name FROM saas.model_aliases WHERE model_alias = ANY($1)',
    what: 'Model alias',
  });
  await replaceLinks(change, { own: 'model_access_group_id', other: 'model_alias_id' }, modelAccessGroupId, ids);
}

async function idsOf(
  { tx }: Change,
  names: readonly string[],
  { sql, what }: { readonly sql: string; readonly what: string },
): Promise<string[]> {
  const found: { id: string; name: string }[] = await tx.query(sql, [names]);
  const known = new Set(found.map(({ name }) => name));
  const missing = names.find((name) => !known.has(name));
  if (missing !== undefined) throw new AppError('not_found', { detail: `${what} '${missing}' was not found.` });
  return found.map(({ id }) => id);
}

async function replaceLinks(
  { tx, now }: Change,
  { own, other }: { readonly own: string; readonly other: string },
  id: string,
  others: readonly string[],
): Promise<void> {
  await tx.query(`DELETE FROM saas.model_alias_access_groups WHERE ${own} = $1 AND ${other} <> ALL($2)`, [id, others]);
  await tx.query(
    `INSERT INTO saas.model_alias_access_groups (${own}, ${other}, assigned_at)
     SELECT $1, unnest($2::uuid[]), $3 ON CONFLICT DO NOTHING`,
    [id, others, now],
  );
}
