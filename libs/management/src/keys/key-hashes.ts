import type { EntityManager } from 'typeorm';

/** The hashes of every value that keys have, by key: what a change of a key must drop the snapshots of. */
export async function findKeyHashes(
  tx: EntityManager,
  keyIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (keyIds.length === 0) return new Map();
  const rows: { keyId: string; hashes: string[] }[] = await tx.query(
    `SELECT virtual_key_id AS "keyId", array_agg(key_hash) AS hashes FROM governance.virtual_key_secrets
      WHERE virtual_key_id = ANY($1) GROUP BY virtual_key_id`,
    [keyIds],
  );
  return new Map(rows.map(({ keyId, hashes }) => [keyId, hashes]));
}
