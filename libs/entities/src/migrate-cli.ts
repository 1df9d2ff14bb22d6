import { runMigrations } from './migrate.js';

/** Exit codes: 0 the schema is current, 1 a migration or the database failed, 2 the environment is incomplete. */
async function main(): Promise<number> {
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) {
    process.stderr.write('migrate: set DATABASE_URL to the PostgreSQL database to migrate.\n');
    return 2;
  }
  try {
    const applied = await runMigrations(databaseUrl);
    for (const name of applied) process.stdout.write(`migrate: applied ${name}\n`);
    process.stdout.write(applied.length === 0 ? 'migrate: nothing to do\n' : `migrate: ${applied.length} applied\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`migrate: failed: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

process.exitCode = await main();
