import type { EntityManager } from 'typeorm';

/** When values of keys were last used, by the id of the value; one that was never used is absent. */
export async function readSecretUses(
  manager: EntityManager,
  secretIds: readonly string[],
): Promise<ReadonlyMap<string, Date>> {
  if (secretIds.length === 0) return new Map();
  const rows: { secretId: string; lastUsedAt: Date }[] = await manager.query(
    `SELECT secret_id AS "secretId", last_used_at AS "lastUsedAt" FROM ledger.secret_uses WHERE secret_id = ANY($1)`,
    [secretIds],
  );
  return new Map(rows.map(({ secretId, lastUsedAt }) => [secretId, lastUsedAt]));
}
