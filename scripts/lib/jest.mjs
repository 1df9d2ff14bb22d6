import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { runLimited } from './checks.mjs';
import { projectEnv, projectNode } from './project-node.mjs';

const LEAVE_MS = 20_000;

/** Runs one Jest project; every test is one check, and a file that does not load is a failed one. */
export async function runJest(checks, project, args, limitMs) {
  const folder = mkdtempSync(path.join(tmpdir(), 'penstock-jest-'));
  const report = path.join(folder, 'report.json');
  const startedAt = performance.now();
  const leaving = new AbortController();
  // Jest writes the report last; a process that stays after it has something open, which is a failure but no reason to wait.
  const watch = setInterval(() => {
    if (!existsSync(report)) return;
    clearInterval(watch);
    setTimeout(() => leaving.abort(), LEAVE_MS).unref();
  }, 1_000);
  const { code } = await runLimited(
    projectNode(),
    [
      // Jest's own module loader knows ESM only with the flag.
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      `--selectProjects=${project}`,
      '--json',
      `--outputFile=${report}`,
      '--reporters=default',
      ...args,
    ],
    { env: { ...projectEnv(), NODE_ENV: 'test' }, limitMs, isShown: true, signal: leaving.signal },
  ).finally(() => clearInterval(watch));
  const seconds = (performance.now() - startedAt) / 1000;
  const result = readReport(report);
  rmSync(folder, { recursive: true, force: true });
  const name = `${project} tests`;
  if (result === undefined) {
    checks.add({ name, passed: 0, failed: 1, skipped: 0, seconds, note: `Jest ended with code ${code} and no report` });
    return;
  }
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  checks.add({
    name,
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
    seconds,
    ...(leaving.signal.aborted ? { note: 'Jest did not exit: a test left something open' } : {}),
  });
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
