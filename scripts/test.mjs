// `npm test [unit|e2e|smoke|static]`: every check that must hold, in order of cost, with its own stores on free ports.
import path from 'node:path';

import { build } from './lib/build.mjs';
import { Checks } from './lib/checks.mjs';
import { runJest } from './lib/jest.mjs';
import { withLock } from './lib/lock.mjs';
import { ROOT } from './lib/paths.mjs';
import { Failure, say } from './lib/progress.mjs';
import { projectNode } from './lib/project-node.mjs';
import { helmEnv } from './lib/helm.mjs';
import { composeCheck } from './lib/compose.mjs';

const UNIT_LIMIT_MS = 10 * 60_000;
const E2E_LIMIT_MS = 45 * 60_000;
const SMOKE_LIMIT_MS = 10 * 60_000;
const PARTS = ['static', 'unit', 'e2e', 'smoke'];

function tool(name, ...args) {
  return { command: projectNode(), args: [path.join('node_modules', name, 'bin', name), ...args] };
}

async function main(args) {
  const parts = PARTS.filter((part) => args.includes(part));
  const rest = args.filter((arg) => !PARTS.includes(arg) && arg !== '--');
  const wanted = new Set(parts.length === 0 ? PARTS : parts);
  const checks = new Checks();

  const cheap = wanted.has('static')
    ? [
        checks.command('format (oxfmt --check)', tool('oxfmt', '--check', '.')),
        checks.command('lint and import boundaries (oxlint --type-aware)', tool('oxlint', '--type-aware')),
        checks.command('Helm charts (scripts/check-charts.sh)', {
          command: 'sh',
          args: ['scripts/check-charts.sh'],
          env: helmEnv(),
        }),
        composeCheck(checks),
      ]
    : [];
  const types = needsBuild(wanted)
    ? checks.task('types and build (tsc -b, tests included)', compile)
    : Promise.resolve(true);
  const [isBuilt] = await Promise.all([types, ...cheap]);

  if (wanted.has('static') && isBuilt) {
    await checks.command('OpenAPI documents are current', {
      command: projectNode(),
      args: ['scripts/openapi.mjs', '--check'],
    });
    await checks.command('docs/errors.md is current', {
      command: projectNode(),
      args: ['scripts/error-docs.mjs', '--check'],
    });
  }
  if (wanted.has('unit'))
    await runJest(checks, 'unit', ['--maxWorkers=100%', '--testTimeout=20000', ...rest], UNIT_LIMIT_MS);
  if (wanted.has('e2e')) {
    if (isBuilt) await runJest(checks, 'e2e', ['--maxWorkers=2', ...rest], E2E_LIMIT_MS);
    else checks.skip('e2e tests', 'the build failed');
  }
  if (wanted.has('smoke')) {
    if (isBuilt) await checks.counted('smoke', { command: projectNode(), args: ['scripts/smoke.mjs'] }, SMOKE_LIMIT_MS);
    else checks.skip('smoke', 'the build failed');
  }
  process.exitCode = checks.summarise();
}

function needsBuild(wanted) {
  return wanted.has('static') || wanted.has('e2e') || wanted.has('smoke');
}

/** The whole graph with the specs: what does not compile fails here, with the compiler's words. */
async function compile() {
  try {
    await withLock('toolchain', () => build(['.']));
    return { isPassed: true, output: '' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { isPassed: false, output: `${error.message}\n${error.output}` };
  }
}

process.chdir(ROOT);
main(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof Failure)) throw error;
  say(error.message);
  process.exitCode = 1;
});
