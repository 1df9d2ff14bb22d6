#!/usr/bin/env node
// The one entry of `npm start`, `npm test` and the rest. Plain JavaScript for Node 20 without any package:
// when it runs first, nothing is installed yet.
import { existsSync } from 'node:fs';
import path from 'node:path';

import { build } from './lib/build.mjs';
import { exec } from './lib/exec.mjs';
import { install } from './lib/install.mjs';
import { ROOT } from './lib/paths.mjs';
import { Failure, say } from './lib/progress.mjs';
import { projectNode, projectEnv } from './lib/project-node.mjs';
import { withLock } from './lib/lock.mjs';

/** Packages to compile before a task; `apps` is every package below it, and references pull in the libraries. */
const SYSTEM = ['apps', 'tools/local', 'tools/simulator'];

const STARTED_AT_MS = String(Date.now());

const tasks = {
  start: {
    build: SYSTEM,
    run: (args) =>
      exec(projectNode(), ['tools/local/dist/main.js', ...args], {
        env: { ...projectEnv(), PENSTOCK_STARTED_AT_MS: STARTED_AT_MS },
      }),
  },
  test: {
    // Compiles by itself, as one of the checks.
    run: (args) => exec(projectNode(), ['scripts/test.mjs', ...args], { env: projectEnv() }),
  },
  bench: {
    build: [...SYSTEM, 'tools/bench'],
    run: (args) =>
      exec(projectNode(), ['tools/bench/dist/main.js', ...args.filter((arg) => arg !== '--')], { env: projectEnv() }),
  },
  build: {
    build: ['.'],
    run: () => 0,
  },
  lint: {
    run: (args) => exec(projectNode(), [bin('oxlint'), '--type-aware', ...args], { env: projectEnv() }),
  },
  format: {
    run: (args) => exec(projectNode(), [bin('oxfmt'), ...args], { env: projectEnv() }),
  },
  openapi: {
    build: SYSTEM,
    run: (args) => exec(projectNode(), ['scripts/openapi.mjs', ...args], { env: projectEnv() }),
  },
  'error-docs': {
    build: ['libs/domain'],
    run: (args) => exec(projectNode(), ['scripts/error-docs.mjs', ...args], { env: projectEnv() }),
  },
};

/** Commands of operators, by the names they have in containers. They need the Node of the project, not the machine's. */
for (const [name, file] of [
  ['reconcile', 'apps/worker/dist/reconcile-cli.js'],
  ['credits-check', 'apps/worker/dist/credits-check-cli.js'],
  ['audit-verify', 'apps/admin/dist/audit-verify-cli.js'],
  ['rotate-secrets', 'apps/admin/dist/rotate-secrets-cli.js'],
  ['reset-password', 'apps/admin/dist/reset-password-cli.js'],
]) {
  tasks[name] = {
    build: SYSTEM,
    run: (args) => exec(projectNode(), [file, ...args.filter((arg) => arg !== '--')], { env: projectEnv() }),
  };
}

function bin(name) {
  return path.join('node_modules', name, 'bin', name);
}

async function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const task = tasks[name];
  if (task === undefined) throw new Failure(`Unknown task "${name}": use one of ${Object.keys(tasks).join(', ')}.`);
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Failure(
      `Penstock needs Node 20 or newer to begin with; this is ${process.version} (https://nodejs.org).`,
    );
  }
  if (process.platform === 'win32')
    throw new Failure('Windows is not supported directly: use WSL 2, or docker compose up.');
  process.chdir(ROOT);
  if (!existsSync('pnpm-lock.yaml')) throw new Failure(`${ROOT} is not a whole clone: pnpm-lock.yaml is missing.`);
  await withLock('toolchain', async () => {
    await install();
    if (task.build !== undefined) await build(task.build);
  });
  process.exitCode = await task.run(args);
}

main().catch((error) => {
  if (!(error instanceof Failure)) throw error;
  say(error.message);
  if (error.output) process.stderr.write(`${error.output.trimEnd()}\n`);
  process.exitCode = 1;
});
