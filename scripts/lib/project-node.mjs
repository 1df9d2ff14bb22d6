import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './paths.mjs';
import { Failure } from './progress.mjs';

const MAJOR = 24;
let chosen;

/** A Node that the project runs on: this one, or the one that came with the packages. */
export function projectNode() {
  chosen ??= choose();
  return chosen;
}

function choose() {
  if (Number(process.versions.node.split('.')[0]) >= MAJOR) return process.execPath;
  const bundled = path.join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  if (process.platform === 'linux' && existsSync(bundled)) {
    const probe = spawnSync(bundled, ['--version'], { encoding: 'utf8' });
    if (probe.status === 0) return bundled;
  }
  throw new Failure(
    `Penstock runs on Node ${MAJOR} and this is ${process.version} on ${process.platform} ${process.arch}, for which no Node comes ` +
      `with the packages: install Node ${MAJOR} (https://nodejs.org, nvm install ${MAJOR}, brew install node@${MAJOR}) and try again.`,
  );
}

/** The environment of everything we start: the right Node comes first in PATH. */
export function projectEnv() {
  const folders = [path.dirname(projectNode()), path.join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? ''];
  return { ...process.env, PATH: folders.join(path.delimiter) };
}
