import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './paths.mjs';
import { waitUntil } from './wait-until.mjs';

const hasNpm = spawnSync('npm', ['--version'], { stdio: 'ignore' }).status === 0;

/** One `npm start`, in its own process group as in a terminal of its own. */
export class LocalSystem {
  output = '';
  #child;
  #exit;

  constructor(env) {
    this.env = env;
    const [command, ...args] = hasNpm ? ['npm', 'start', '--silent'] : [process.execPath, 'scripts/run.mjs', 'start'];
    this.#child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.#exit = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** The banner is out. */
  async waitUntilReady(timeoutMs) {
    let end;
    void this.#exit.then((exit) => {
      end = exit;
    });
    await waitUntil(
      () => end !== undefined || this.output.includes('Ctrl-C stops everything'),
      'the banner',
      timeoutMs,
    ).catch((error) => {
      throw new Error(`${error.message}\n${this.output.slice(-3_000)}`);
    });
    if (end !== undefined) throw new Error(`it ended with code ${end.code}:\n${this.output.slice(-3_000)}`);
  }

  async exited(timeoutMs) {
    let timer;
    const timeout = new Promise((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`it did not end within ${timeoutMs / 1000} s:\n${this.output.slice(-2_000)}`)),
        timeoutMs,
      );
    });
    return Promise.race([this.#exit, timeout]).finally(() => clearTimeout(timer));
  }

  /** As a terminal does it: everybody in the foreground gets the signal at once. */
  async interrupt(timeoutMs) {
    this.#signalGroup('SIGINT');
    return this.exited(timeoutMs);
  }

  /** As a service manager does it: only the process that was started gets the signal. */
  async terminate(timeoutMs) {
    this.#child.kill('SIGTERM');
    return this.exited(timeoutMs);
  }

  /** kill -9 of npm, the starter and the process that holds the stack together; its children are in other groups. */
  killStarterOnly() {
    this.#signalGroup('SIGKILL');
  }

  /** Whatever is left of it. */
  kill() {
    this.#signalGroup('SIGKILL');
    try {
      const pid = Number(readFileSync(path.join(this.env.PENSTOCK_LOCAL_DIR, 'run.lock'), 'utf8'));
      if (pid > 1) process.kill(pid, 'SIGKILL');
    } catch {
      // It stopped by itself.
    }
  }

  #signalGroup(signal) {
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // Gone.
    }
  }
}
