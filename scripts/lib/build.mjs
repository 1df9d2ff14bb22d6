import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { capture } from './exec.mjs';
import { ROOT } from './paths.mjs';
import { Failure, say } from './progress.mjs';
import { projectEnv, projectNode } from './project-node.mjs';

/** Compiles what changed. `['.']` is everything including the tests; a folder of packages stands for all of them. */
export async function build(targets) {
  const startedAt = performance.now();
  const projects = targets.flatMap((target) => (isProject(target) ? [target] : packagesOf(target)));
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
    .filter(isProject);
}

function isProject(folder) {
  return existsSync(path.join(ROOT, folder, 'tsconfig.json'));
}
