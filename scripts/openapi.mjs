// Writes the OpenAPI document of every app that describes itself into docs/openapi; `--check` only compares.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { capture } from './lib/exec.mjs';
import { ROOT } from './lib/paths.mjs';
import { projectNode } from './lib/project-node.mjs';

const FOLDER = path.join('docs', 'openapi');
const isCheck = process.argv.includes('--check');
process.chdir(ROOT);

const apps = readdirSync('apps').filter((app) => existsSync(path.join('apps', app, 'dist', 'openapi.js')));
const target = isCheck ? mkdtempSync(path.join(tmpdir(), 'penstock-openapi-')) : FOLDER;
if (!isCheck) mkdirSync(FOLDER, { recursive: true });

const problems = [];
for (const app of apps) {
  const file = path.join(target, `${app}.json`);
  const { code, output } = await capture(projectNode(), [path.join('apps', app, 'dist', 'openapi.js'), file]);
  if (code !== 0) problems.push(`${app} cannot describe itself:\n${output.trimEnd()}`);
  else if (isCheck && !isSame(file, path.join(FOLDER, `${app}.json`))) {
    problems.push(`${FOLDER}/${app}.json is not what the code says: run "npm run openapi" and commit the result`);
  }
}
if (isCheck) rmSync(target, { recursive: true, force: true });
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
} else if (isCheck && apps.length === 0) {
  process.stdout.write('no app describes itself\n');
  process.exitCode = 3;
} else {
  process.stdout.write(
    `${isCheck ? 'current' : 'written'}: ${apps.map((app) => `${FOLDER}/${app}.json`).join(', ')}\n`,
  );
}

function isSame(made, stored) {
  return existsSync(stored) && readFileSync(made, 'utf8') === readFileSync(stored, 'utf8');
}
