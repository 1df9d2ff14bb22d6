import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { POSTGRES_MAJOR, type PostgresBinaries } from './postgres-binaries.js';
import { ServerProcess } from './server-process.js';
import { ServerStartError } from './server-start-error.js';
import { canReach, giveTo, type ServiceAccount } from './service-account.js';
import { waitUntil } from './wait-until.js';

/** What to do about a data folder that cannot be used, in half a sentence. */
export function moveAwayAdvice(dataDir: string): string {
  return `move it away to start with an empty database (mv ${dataDir} ${dataDir}.broken) or put a good copy in its place`;
}

/**
 * Where the files really are. Below a home that the server's account cannot enter they live under
 * /var/lib, in a folder derived from the wanted path.
 */
export function dataFolder(wanted: string, account: ServiceAccount | undefined): string {
  mkdirSync(path.dirname(wanted), { recursive: true });
  if (canReach(wanted, account)) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const folder = path.join('/var/lib/penstock', name, 'postgres');
  mkdirSync(path.dirname(folder), { recursive: true, mode: 0o755 });
  return folder;
}

/** Creates the cluster unless there is one; says what to do about a folder that is neither empty nor ours. */
export async function ensureCluster(
  dataDir: string,
  binaries: PostgresBinaries,
  account: ServiceAccount | undefined,
  password: string | undefined,
): Promise<void> {
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    assertUsable(dataDir);
    return;
  }
  const partial = `${dataDir}.new`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  giveTo(partial, account);
  const passwordFile = path.join(path.dirname(dataDir), `.initdb-password-${process.pid}`);
  if (password !== undefined) {
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    giveTo(passwordFile, account);
  }
  const initdb = new ServerProcess({
    name: 'initdb',
    command: binaries.initdb,
    args: [
      `--pgdata=${partial}`,
      '--username=postgres',
      '--encoding=UTF8',
      // Sorting must not depend on the machine's locales.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-sync',
      ...(password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`]),
    ],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    cwd: path.dirname(partial),
    ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
  });
  const { code } = await initdb.exited;
  rmSync(passwordFile, { force: true });
  if (code !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new ServerStartError(
      `PostgreSQL could not create its data folder ${dataDir}; see its message below.`,
      initdb.describe(),
    );
  }
  rmSync(dataDir, { recursive: true, force: true });
  renameSync(partial, dataDir);
}

function assertUsable(dataDir: string): void {
  const versionFile = path.join(dataDir, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    throw new ServerStartError(`${dataDir} is not a PostgreSQL data folder: ${moveAwayAdvice(dataDir)}.`);
  }
  const major = readFileSync(versionFile, 'utf8').trim();
  if (major !== POSTGRES_MAJOR) {
    throw new ServerStartError(
      `${dataDir} was written by PostgreSQL ${major || '(unknown)'} and this is ${POSTGRES_MAJOR}: ${moveAwayAdvice(dataDir)}.`,
    );
  }
  chmodSync(dataDir, 0o700);
}

function programOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0];
  } catch {
    return undefined;
  }
}

/**
 * A server of an earlier run that was killed with -9 may still be there: it is stopped. A pid file without
 * such a server is removed: PostgreSQL itself refuses to start when another program got that pid since.
 */
export async function clearStaleServer(dataDir: string): Promise<void> {
  const pidFile = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const isServer = Number.isSafeInteger(pid) && pid > 1 && (programOf(pid)?.includes('postgres') ?? false);
  if (!isServer) {
    // Without /proc (macOS) nothing is known about the pid; PostgreSQL's own check has to do.
    if (existsSync('/proc/self')) rmSync(pidFile, { force: true });
    return;
  }
  process.kill(pid, 'SIGINT');
  await waitUntil(() => !existsSync(pidFile), {
    what: `the PostgreSQL server of an earlier run (pid ${pid}) to stop`,
    timeoutMs: 30_000,
  });
}
