import { existsSync } from 'node:fs';
import path from 'node:path';

import { LOCAL } from './paths.mjs';
import { projectEnv } from './project-node.mjs';

/** The environment of a check that uses helm: the one that `.ci/run` built, if PATH has none. */
export function helmEnv() {
  const built = path.join(LOCAL, 'toolchain', 'go', 'bin');
  const env = projectEnv();
  return existsSync(path.join(built, 'helm')) ? { ...env, PATH: `${env.PATH}${path.delimiter}${built}` } : env;
}
