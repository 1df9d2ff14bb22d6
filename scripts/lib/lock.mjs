import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { LOCAL } from './paths.mjs';
import { Failure, say } from './progress.mjs';

/** True for a running starter; after a reboot, or in another container, the number may be somebody else's. */
function isStarter(pid) {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== 'EPERM') return false;
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('scripts/');
  } catch {
    return true;
  }
}

/** Runs the work while no other process of this clone does work of that name. */
export async function withLock(name, work) {
  const file = path.join(LOCAL, `${name}.lock`);
  try {
    mkdirSync(LOCAL, { recursive: true });
  } catch (error) {
    throw new Failure(`${LOCAL} cannot be created (${error.code}): make the clone writable for this user.`);
  }
  let hasSaid = false;
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new Failure(`${file} cannot be written (${error.code}): make the clone writable for this user.`);
      }
    }
    const owner = readOwner(file);
    // A file without a number belongs to a starter that ended between creating and writing it, or is about to write.
    if (owner === undefined ? isOld(file) : !isStarter(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!hasSaid) say(`waiting for process ${owner}, which installs or builds in this clone`);
    hasSaid = true;
    await delay(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function isOld(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined || Date.now() - stat.mtimeMs > 5_000;
}

function readOwner(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
