import { execFileSync } from 'node:child_process';
import { accessSync, chownSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The user that a server runs as when we are root and the server refuses to be. */
export interface ServiceAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function findAccount(name: string): ServiceAccount | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

/**
 * PostgreSQL does not run as root. As root: the owner of the data folder, else the system's `postgres` user,
 * created when missing. As anybody else: undefined, the server runs as the caller.
 */
export function postgresAccount(dataDir: string): ServiceAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataDir, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) {
    return { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  }
  const existing = findAccount('postgres');
  if (existing !== undefined) return existing;
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres'], {
      stdio: 'pipe',
    });
  } catch {
    // No useradd (BusyBox) or a read-only /etc: any account that is not root will do.
  }
  const account = findAccount('postgres') ?? findAccount('nobody');
  if (account === undefined) {
    throw new Error(
      'PostgreSQL refuses to run as root and there is no "postgres" user; create one or run as another user.',
    );
  }
  return account;
}

/** Hands a folder over to the account. */
export function giveTo(folder: string, account: ServiceAccount | undefined): void {
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
}

/** True when the account may pass through every folder above the path (a clone below /root is the usual no). */
export function canReach(target: string, account: ServiceAccount | undefined): boolean {
  if (account === undefined) return true;
  let folder = path.dirname(path.resolve(target));
  for (;;) {
    const { mode, uid, gid } = statSync(folder);
    const needed =
      uid === account.uid ? constants.S_IXUSR : gid === account.gid ? constants.S_IXGRP : constants.S_IXOTH;
    if ((mode & needed) === 0) return false;
    const parent = path.dirname(folder);
    if (parent === folder) return true;
    folder = parent;
  }
}

/** The first existing program of that name in PATH or in the folders where systems hide daemons. */
export function findProgram(name: string, searchPath: string): string | undefined {
  const folders = [...searchPath.split(path.delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const candidate = path.join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not here.
    }
  }
  return undefined;
}
