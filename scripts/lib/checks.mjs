import { spawn } from 'node:child_process';

import { say } from './progress.mjs';
import { projectEnv } from './project-node.mjs';

/** What a program answers that could not check because something is not installed. */
const SKIPPED_CODE = 3;

/** Runs checks, tells how each went and adds everything up. */
export class Checks {
  #rows = [];

  /** A program is one check: exit code 0 passed, 3 skipped, anything else failed. Its output shows when it failed. */
  async command(name, { command, args, env = projectEnv() }, limitMs = 300_000) {
    return this.task(name, async () => {
      const { code, output } = await runLimited(command, args, { env, limitMs });
      if (code === SKIPPED_CODE) return { isSkipped: true, output: lastLine(output) };
      return { isPassed: code === 0, output };
    });
  }

  /** Work of our own as one check. */
  async task(name, work) {
    const startedAt = performance.now();
    const { isPassed = false, isSkipped = false, output } = await work();
    const seconds = (performance.now() - startedAt) / 1000;
    if (isSkipped) {
      this.skip(name, output);
      return false;
    }
    if (!isPassed && output) process.stderr.write(`\n${output.trimEnd()}\n\n`);
    this.add({ name, passed: isPassed ? 1 : 0, failed: isPassed ? 0 : 1, skipped: 0, seconds });
    return isPassed;
  }

  /** A program that ends with a line `N passed, N failed, N skipped` is that many checks. Its output shows as it comes. */
  async counted(name, { command, args, env = projectEnv() }, limitMs) {
    const startedAt = performance.now();
    const { code, output } = await runLimited(command, args, { env, limitMs, isShown: true });
    const seconds = (performance.now() - startedAt) / 1000;
    const match = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(output);
    if (match === null) {
      this.add({ name, passed: 0, failed: 1, skipped: 0, seconds, note: `ended with code ${code}` });
      return;
    }
    const [passed, failed, skipped] = match.slice(1).map(Number);
    this.add({ name, passed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped, seconds });
  }

  skip(name, reason) {
    this.add({ name, passed: 0, failed: 0, skipped: 1, seconds: 0, note: reason.trim() });
  }

  add(row) {
    this.#rows.push(row);
    say(describe(row));
  }

  /** Prints every row and the sums; the exit code. */
  summarise() {
    const sum = (field) => this.#rows.reduce((total, row) => total + row[field], 0);
    process.stderr.write(`\n${this.#rows.map((row) => `  ${describe(row)}`).join('\n')}\n\n`);
    process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
    return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
  }
}

function describe({ name, passed, failed, skipped, seconds, note }) {
  const verdict = failed > 0 ? 'FAIL' : passed > 0 ? 'ok' : 'skip';
  const counts = passed + failed + skipped > 1 ? ` (${passed} passed, ${failed} failed, ${skipped} skipped)` : '';
  return `${verdict.padEnd(4)} ${name}${counts}${note ? `: ${note}` : ''}${seconds >= 0.1 ? `, ${seconds.toFixed(1)} s` : ''}`;
}

function lastLine(output) {
  return output.trim().split('\n').at(-1) ?? '';
}

/** Runs a program in its own process group and ends the whole group when its time is up or we are interrupted. */
export async function runLimited(command, args, { env, limitMs, isShown = false, signal }) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  let output = '';
  for (const [stream, target] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      if (isShown) target.write(chunk);
    });
  }
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended already.
    }
  };
  const timer = setTimeout(() => {
    output += `\nwas ended after ${limitMs / 1000} s\n`;
    if (isShown) say(`${command} ${args.join(' ')} takes longer than ${limitMs / 1000} s and is ended`);
    end('SIGTERM');
    setTimeout(() => end('SIGKILL'), 10_000).unref();
  }, limitMs);
  signal?.addEventListener('abort', () => end('SIGKILL'));
  const interrupt = () => {
    end('SIGTERM');
    process.exitCode = 130;
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return new Promise((resolve) => {
    const finish = (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      resolve({ code, output });
    };
    child.once('error', (error) => {
      output += error.message;
      finish(127);
    });
    child.once('close', (code) => finish(code ?? 1));
  });
}
