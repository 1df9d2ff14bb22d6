import type { EntityManager } from 'typeorm';

const CATALOGUE = `hashtextextended('penstock.model-catalogue', 0)`;

/**
 * Changes of the model catalogue happen one after another, and not while a team is being given a part of it. Without
 * that a change could miss the team that is just being assigned what changes, and its tenant would go on with a policy
 * of before. Taken before the rows and epochs of tenants; the transaction's end lets go.
 */
export async function lockCatalogue(tx: EntityManager): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${CATALOGUE})`);
}

/** Keeps the model catalogue as it is until the transaction ends; any number of assignments may hold it at once. */
export async function holdCatalogue(tx: EntityManager): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock_shared(${CATALOGUE})`);
}
