import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type AdminApp, startAdmin } from './support/admin-app.js';
import { attempt, bearer, systemAudit } from './support/operators.js';

const CLI = fileURLToPath(new URL('../dist/reset-password-cli.js', import.meta.url));
const OWNER = { email: 'only-owner@example.com', display_name: 'Owner', password: 'forgotten by now' };

let admin: AdminApp;

beforeAll(async () => {
  admin = await startAdmin();
});

afterAll(() => admin?.stop());

function reset(args: readonly string[], password: string): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, DATABASE_URL: admin.databaseUrl };
    const child = execFile(process.execPath, [CLI, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr });
    });
    child.stdin?.end(password);
  });
}

describe('the command reset-password', () => {
  it('lets the only owner in again, ends the old logins, and says so in the audit trail', async () => {
    const setup = await admin.call('POST', '/api/admin-users/setup', OWNER, {});
    const old = bearer(setup.body.access_token);
    expect((await admin.call('GET', '/api/admin-users/me', undefined, old)).status).toBe(200);

    expect(await reset([OWNER.email], 'a new one, remembered\n')).toMatchObject({
      code: 0,
      text: expect.stringContaining('1 logins'),
    });

    expect((await admin.call('GET', '/api/admin-users/me', undefined, old)).status).toBe(401);
    expect((await attempt(admin, OWNER.email, OWNER.password)).status).toBe(401);
    const login = await attempt(admin, OWNER.email, 'a new one, remembered');
    expect(login).toMatchObject({ status: 200, body: { user: { role: 'owner', is_active: true } } });
    const entry = (await systemAudit(admin)).find(({ action }) => action === 'admin_user.password_reset');
    expect(entry).toMatchObject({ actorType: 'system', actorId: 'reset-password', entityId: login.body.user.user_id });
    expect(JSON.stringify(entry)).not.toContain('remembered');
  });

  it('refuses a short password and an account that is not there, and changes nothing', async () => {
    expect(await reset([OWNER.email], 'short')).toMatchObject({ code: 1, text: expect.stringContaining('8 to') });
    expect(await reset(['nobody@example.com'], 'long enough')).toMatchObject({
      code: 1,
      text: expect.stringContaining('nobody@example.com'),
    });
    expect((await reset([], '')).code).toBe(2);
    expect((await attempt(admin, OWNER.email, 'a new one, remembered')).status).toBe(200);
  });
});
