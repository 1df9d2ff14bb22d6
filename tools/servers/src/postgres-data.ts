import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
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

/** A data folder: where its files really are, and the path by which the user knows it. */
export interface DataFolder {
  readonly path: string;
  readonly shownAs: string;
}

/**
 * Where the files really are. Below a home that the server's account cannot enter (a clone of root's) they live
 * under /var/lib, and a link stands at the wanted path: whoever moves or removes the link starts anew.
 */
export function dataFolder(wanted: string, account: ServiceAccount | undefined): DataFolder {
  mkdirSync(path.dirname(wanted), { recursive: true });
  const stat = lstatSync(wanted, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() === true) {
    const target = readlinkSync(wanted);
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 });
    return { path: target, shownAs: wanted };
  }
  if (canReach(wanted, account)) return { path: wanted, shownAs: wanted };
  if (stat !== undefined) {
    throw new ServerStartError(
      `${wanted} is below a folder that the user "${account?.name}", under which PostgreSQL runs for root, cannot enter: ` +
        `start as the user that created it, or ${moveAwayAdvice(wanted)}.`,
    );
  }
  const target = path.join('/var/lib/penstock', randomBytes(6).toString('hex'), 'postgres');
  mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 });
  symlinkSync(target, wanted);
  return { path: target, shownAs: wanted };
}

/** Creates the cluster unless there is one; says what to do about a folder that is neither empty nor ours. */
export async function ensureCluster(
  { path: dataDir, shownAs }: DataFolder,
  binaries: PostgresBinaries,
  account: ServiceAccount | undefined,
  password: string | undefined,
): Promise<void> {
  if (!isEmptyOrAbsent(dataDir, shownAs)) {
    assertUsable(dataDir, shownAs);
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
      `PostgreSQL could not create its data folder ${shownAs}; see its message below.`,
      initdb.describe(),
    );
  }
  rmSync(dataDir, { recursive: true, force: true });
  renameSync(partial, dataDir);
}

function isEmptyOrAbsent(dataDir: string, shownAs: string): boolean {
  try {
    return readdirSync(dataDir).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    throw new ServerStartError(
      `The data folder ${shownAs} cannot be read (${code}): start as the user that created it, or ${moveAwayAdvice(shownAs)}.`,
    );
  }
}

function assertUsable(dataDir: string, shownAs: string): void {
  const versionFile = path.join(dataDir, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    throw new ServerStartError(`${shownAs} is not a PostgreSQL data folder: ${moveAwayAdvice(shownAs)}.`);
  }
  const major = readFileSync(versionFile, 'utf8').trim();
  if (major !== POSTGRES_MAJOR) {
    throw new ServerStartError(
      `${shownAs} was written by PostgreSQL ${major || '(unknown)'} and this is ${POSTGRES_MAJOR}: ${moveAwayAdvice(shownAs)}.`,
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
