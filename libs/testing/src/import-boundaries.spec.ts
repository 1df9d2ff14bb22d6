import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** File and import: what the linter must refuse, and what it must let through. */
const REFUSED: readonly [string, string][] = [
  ['apps/gateway/src/hot-path.ts', 'typeorm'],
  ['apps/gateway/src/hot-path.ts', 'pg'],
  ['apps/gateway/src/hot-path.ts', '@penstock/entities'],
  ['apps/gateway/src/hot-path.ts', '@penstock/management'],
  ['apps/gateway/src/hot-path.ts', '@penstock/governance'],
  ['apps/gateway/src/hot-path.ts', '../../worker/src/usage.js'],
  ['apps/worker/src/usage.ts', '@penstock/admin'],
  ['apps/worker/src/usage.ts', '@penstock/testing'],
  ['apps/worker/src/usage.ts', '@penstock/dto/dist/queues.js'],
  ['libs/domain/src/money.ts', '@penstock/dto'],
  ['libs/domain/src/money.ts', '@nestjs/common'],
  ['libs/domain/src/money.ts', 'node:fs'],
  ['libs/dto/src/events.ts', '@penstock/platform'],
  ['libs/dto/src/events.ts', 'ioredis'],
  ['libs/entities/src/team.entity.ts', '@penstock/dto'],
  ['libs/platform/src/bootstrap.ts', '@penstock/entities'],
  ['libs/platform/src/bootstrap.ts', 'typeorm'],
  ['libs/platform/src/bootstrap.ts', '@penstock/management'],
  ['tools/bench/src/run.ts', '../../../apps/gateway/src/main.js'],
];
const ALLOWED: readonly [string, string][] = [
  ['apps/gateway/src/hot-path.ts', '@penstock/platform'],
  ['apps/gateway/test/chat.e2e.spec.ts', '@penstock/testing'],
  ['apps/worker/src/usage.ts', '@penstock/entities'],
  ['apps/admin/src/teams.ts', '@penstock/management'],
  ['libs/dto/src/events.ts', '@penstock/domain'],
  ['libs/platform/src/bootstrap.ts', '@penstock/dto'],
  ['libs/entities/src/team.entity.ts', 'typeorm'],
  ['tools/bench/src/run.ts', '@penstock/testing'],
];

/** Whether the linter, with our configuration, refuses the import in a file of that name. */
function isRefused(folder: string, file: string, specifier: string): boolean {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, `import { thing } from '${specifier}';\n\nexport const kept = thing;\n`);
  try {
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/oxlint/bin/oxlint'), '-f', 'unix', file], {
      cwd: folder,
      stdio: 'pipe',
    });
    return false;
  } catch (error) {
    return String((error as { stdout?: Buffer }).stdout).includes('no-restricted-imports');
  } finally {
    rmSync(target);
  }
}

describe('import boundaries', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'penstock-boundaries-'));
    copyFileSync(path.join(ROOT, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(REFUSED)('%s may not import %s', (file, specifier) => {
    expect(isRefused(folder, file, specifier)).toBe(true);
  });

  it.each(ALLOWED)('%s may import %s', (file, specifier) => {
    expect(isRefused(folder, file, specifier)).toBe(false);
  });
});
