import type { HealthRegistry } from '../health/health-registry.js';
import type { Logger } from '../logging/logger.js';
import type { Shutdown } from '../shutdown/shutdown.js';

/** How long the start of an app waits for PostgreSQL before it goes on without. */
const START_WAIT_MS = 3_000;

/** What is asked of a connection to PostgreSQL here; the apps know which library it comes from. */
interface Database {
  query(sql: string): Promise<unknown>;
}

/** Connects and goes on trying; resolves after `waitMs` at the latest, with the way to disconnect. */
type Connect<T extends Database> = (
  database: T,
  options: { waitMs: number; onFailure: (error: unknown) => void; onConnected: () => void },
) => Promise<() => Promise<void>>;

/**
 * Ties an app's database to the life of the app: connected patiently at the start, watched in `/health`, closed last.
 * `isCritical`: without it the app can do nothing, and `/health` answers 503.
 */
export async function attachDatabase<T extends Database>(
  database: T,
  connect: Connect<T>,
  isCritical: boolean,
  { health, shutdown, logger }: { health: HealthRegistry; shutdown: Shutdown; logger: Logger },
): Promise<T> {
  health.register({ name: 'postgres', critical: isCritical, check: () => database.query('SELECT 1') });
  const disconnect = await connect(database, {
    waitMs: START_WAIT_MS,
    onFailure: (error) => logger.warn({ err: error }, 'postgres is not reachable, trying again'),
    onConnected: () => logger.info('postgres is connected'),
  });
  shutdown.register('close', 'postgres', disconnect);
  return database;
}
