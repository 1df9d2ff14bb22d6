import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { capture } from './exec.mjs';
import { ROOT } from './paths.mjs';
import { Failure, say } from './progress.mjs';
import { projectEnv, projectNode } from './project-node.mjs';

/** Compiles what changed. `['.']` is everything including the tests, otherwise every package of the named folders. */
export async function build(groups) {
  const startedAt = performance.now();
  const projects = groups.flatMap((group) => (group === '.' ? ['.'] : packagesOf(group)));
  const ticker = setInterval(() => say('still compiling'), 10_000);
  const { code, output } = await capture(projectNode(), ['node_modules/typescript/bin/tsc', '-b', ...projects], {
    cwd: ROOT,
    env: projectEnv(),
  }).finally(() => clearInterval(ticker));
  if (code !== 0) throw new Failure('The build failed:', output);
  const seconds = (performance.now() - startedAt) / 1000;
  if (seconds > 2) say(`compiled in ${seconds.toFixed(1)} s`);
}

function packagesOf(group) {
  return readdirSync(path.join(ROOT, group))
    .map((name) => path.join(group, name))
    .filter((folder) => existsSync(path.join(ROOT, folder, 'tsconfig.json')));
}
