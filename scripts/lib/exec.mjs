import { spawn } from 'node:child_process';

/** Runs a program on this terminal and gives its exit code. Signals meant for us go to it. */
export async function exec(command, args, { env = process.env } = {}) {
  const child = spawn(command, args, { stdio: 'inherit', env });
  // In a terminal the program gets Ctrl-C itself as well; the local stack takes two within half a second for one.
  const forward = (signal) => child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/** Runs a program silently; `onLine` sees its output as it comes. Rejects only when it cannot be started. */
export async function capture(command, args, { env = process.env, cwd, onLine } = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, cwd });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      for (const line of chunk.split('\n')) if (line.trim() !== '') onLine?.(line.trim());
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? 1, signal, output }));
  });
}
