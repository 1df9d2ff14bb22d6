import pg from 'pg';

import { createDataSource } from './data-source.js';

/** Same for every release: two migrators must meet on one lock. */
const MIGRATION_LOCK_ID = '7305421886134450';

/** How long a second migrator waits for the first. */
const LOCK_TIMEOUT_MS = 120_000;

/**
 * Brings the schema up to this release and returns the names of the migrations that ran. Safe to call from
 * several processes at once: they take turns on an advisory lock and all but the first find nothing to do.
 */
export async function runMigrations(databaseUrl: string): Promise<string[]> {
  const lock = new pg.Client({ connectionString: databaseUrl, application_name: 'penstock-migrate-lock' });
  await lock.connect();
  try {
    await lock.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK_ID]);
    const dataSource = createDataSource({
      url: databaseUrl,
      applicationName: 'penstock-migrate',
      poolMax: 2,
      statementTimeoutMs: 0,
    });
    await dataSource.initialize();
    try {
      const applied = await dataSource.runMigrations({ transaction: 'each' });
      return applied.map((migration) => migration.name);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    // Closing the session releases the lock, also when the statement above failed.
    await lock.end();
  }
}
