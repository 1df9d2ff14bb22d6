import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { StartError } from './start-error.js';

const OUR_PROGRAM = path.join('local', 'dist', 'main.js');

/** One running stack per data folder. */
export class RunLock {
  private constructor(private readonly file: string) {}

  /** Takes the lock of the folder, or says in one sentence who has it. */
  static take(localDir: string): RunLock {
    try {
      mkdirSync(localDir, { recursive: true });
    } catch (error) {
      throw new StartError(
        `${localDir} cannot be created (${(error as NodeJS.ErrnoException).code}): make it writable for this user.`,
      );
    }
    const file = path.join(localDir, 'run.lock');
    for (;;) {
      try {
        writeFileSync(file, `${process.pid}\n`, { flag: 'wx', mode: 0o644 });
        return new RunLock(file);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EEXIST')
          throw new StartError(`${file} cannot be written (${code}): make ${localDir} writable for this user.`);
      }
      const pid = Number(readFileSync(file, 'utf8').trim());
      if (isRunning(pid)) {
        throw new StartError(
          `Penstock is already running with the data of ${localDir} (process ${pid}): use it, or stop it with Ctrl-C in its terminal or "kill ${pid}".`,
        );
      }
      rmSync(file, { force: true });
    }
  }

  release(): void {
    rmSync(this.file, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    // After a reboot another program may have the number.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(OUR_PROGRAM);
  } catch {
    return true;
  }
}
