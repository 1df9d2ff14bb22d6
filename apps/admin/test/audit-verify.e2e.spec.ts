import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { type AdminApp, startAdmin } from './support/admin-app.js';
import { appendEntries, tamper } from './support/audit-entries.js';

const PROGRAM = path.resolve(import.meta.dirname, '../dist/audit-verify-cli.js');
/** Each run is a process of its own, on a machine that may be busy. */
const TIMEOUT_MS = 180_000;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('audit-verify', () => {
  let admin: AdminApp;
  beforeAll(async () => {
    admin = await startAdmin();
  });
  afterAll(() => admin.stop());

  async function run(args: string[] = [], env: Record<string, string> = {}): Promise<Run> {
    const options = { env: { ...process.env, DATABASE_URL: admin.databaseUrl, ...env } };
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [PROGRAM, ...args], options)) };
    } catch (error) {
      return error as Run;
    }
  }

  it(
    'follows every chain, tells a broken one by its exit code and where it breaks',
    async () => {
      const tenants = [uuidv7(), uuidv7(), uuidv7()];
      for (const tenantId of tenants) await appendEntries(admin, tenantId, 1_100);
      const intact = await run();
      await tamper(admin, `UPDATE governance.audit_entries SET ip = NULL WHERE tenant_id = $1 AND position = 1050`, [
        tenants[1],
      ]);
      const [broken, other] = await Promise.all([run(), run(['--tenant', tenants[2] ?? ''])]);

      expect(intact).toMatchObject({ code: 0, stdout: '3 chains, 3300 entries: intact\n' });
      expect(broken.code).toBe(1);
      expect(broken.stdout).toMatch(
        new RegExp(
          `^broken: tenant ${tenants[1]}, position 1050, entry [0-9a-f-]{36}: changed\n3 chains, 3250 entries: 1 broken\n$`,
        ),
      );
      expect(other).toMatchObject({ code: 0, stdout: '1 chains, 1100 entries: intact\n' });
    },
    TIMEOUT_MS,
  );

  it(
    'ends with 2 for wrong arguments, and without a database',
    async () => {
      const runs = await Promise.all([
        run(['--tenant', 'x']),
        run(['--nothing']),
        run([], { DATABASE_URL: 'postgres://127.0.0.1:1/none' }),
      ]);

      expect(runs.map(({ code }) => code)).toEqual([2, 2, 2]);
      expect(runs.every(({ stdout, stderr }) => stdout === '' && stderr !== '')).toBe(true);
    },
    TIMEOUT_MS,
  );
});
