import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import { AuditEntryEntity, findBrokenLink, SYSTEM_TENANT_ID } from '@penstock/entities';
import { parseEncryptionKeys, SecretBox } from '@penstock/platform';

import { SecretRotation } from '../src/secret-rotation/secret-rotation.js';
import { type AdminApp, ENCRYPTION_KEYS, type Json, startAdmin } from './support/admin-app.js';

const CLI = fileURLToPath(new URL('../dist/rotate-secrets-cli.js', import.meta.url));
const NEWER_KEY = `2:${Buffer.alloc(32, 8).toString('base64')}`;
const BOTH_KEYS = `${ENCRYPTION_KEYS},${NEWER_KEY}`;
const old = new SecretBox(parseEncryptionKeys(ENCRYPTION_KEYS));
const both = new SecretBox(parseEncryptionKeys(BOTH_KEYS));
const onlyNew = new SecretBox(parseEncryptionKeys(NEWER_KEY));

/** Columns of every sealed secret: id, text, version. */
const SEALED = [
  ['governance.virtual_key_secrets', 'id', 'value_ciphertext', 'value_key_version'],
  ['governance.webhooks', 'id', 'secret_ciphertext', 'secret_key_version'],
  ['saas.provider_credentials', 'credential_id', 'key_ciphertext', 'key_version'],
] as const;

let admin: AdminApp;
let tenantId: string;
let databaseUrl: string;

beforeAll(async () => {
  admin = await startAdmin();
  databaseUrl = (admin.db.options as { url: string }).url;
  const { body } = await admin.call('POST', '/api/organizations/create', { organization_id: 'org', name: 'Org' });
  tenantId = body.customer_id;
});

afterAll(async () => {
  await admin.stop();
});

beforeEach(async () => {
  await admin.db.query('DELETE FROM governance.virtual_keys');
  await admin.db.query('DELETE FROM governance.webhooks');
  await admin.db.query('DELETE FROM saas.provider_credentials');
});

async function addVirtualKeys(count: number, box = old): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const [keyId, id] = [uuidv7(Date.now()), uuidv7(Date.now())];
    await admin.db.query(
      `INSERT INTO governance.virtual_keys (id, name, customer_id, is_active, created_at, updated_at)
       VALUES ($1, $2, $3, true, now(), now())`,
      [keyId, keyId, tenantId],
    );
    const { ciphertext, keyVersion } = box.encrypt(`value ${id}`, id);
    await admin.db.query(
      `INSERT INTO governance.virtual_key_secrets (id, virtual_key_id, key_hash, value_ciphertext, value_key_version,
         value_hint, created_at) VALUES ($1, $2, $3, $4, $5, 'hint', now())`,
      [id, keyId, id, ciphertext, keyVersion],
    );
  }
}

async function addWebhook(box = old): Promise<void> {
  const id = uuidv7(Date.now());
  const { ciphertext, keyVersion } = box.encrypt(`value ${id}`, id);
  await admin.db.query(
    `INSERT INTO governance.webhooks (id, customer_id, url, secret_ciphertext, secret_key_version, is_active, created_at,
       updated_at) VALUES ($1, $2, 'https://example.com', $3, $4, true, now(), now())`,
    [id, tenantId, ciphertext, keyVersion],
  );
}

async function addCredential(): Promise<string> {
  const { body } = await admin.call('POST', '/api/provider-credentials/create', {
    organization_id: 'org',
    provider: 'openai',
    api_key: 'sk-proj-0123456789abcdef',
    credential_name: 'Production',
  });
  return body.credential_id;
}

/** What all secrets say when they are opened with these keys; their versions. */
async function openAll(box: SecretBox): Promise<{ texts: string[]; versions: number[] }> {
  const texts: string[] = [];
  const versions: number[] = [];
  for (const [table, idColumn, textColumn, versionColumn] of SEALED) {
    const rows = await admin.db.query<Json[]>(
      `SELECT ${idColumn} AS id, ${textColumn} AS ciphertext, ${versionColumn} AS "keyVersion" FROM ${table}
       ORDER BY ${idColumn}`,
    );
    for (const row of rows) {
      texts.push(box.decrypt(row, row.id));
      versions.push(row.keyVersion);
    }
  }
  return { texts, versions };
}

function rotation(batchSize: number): SecretRotation {
  return new SecretRotation(admin.db, both, admin.clock, { batchSize });
}

function runCli(args: readonly string[], keys = BOTH_KEYS): Promise<{ code: number; stderr: string }> {
  const env = { ...process.env, DATABASE_URL: databaseUrl, PENSTOCK_ENCRYPTION_KEYS: keys, NODE_OPTIONS: '' };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env }, (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stderr });
    });
  });
}

describe('rotate-secrets', () => {
  it('seals every kind of secret anew, so that the old key can go, and then has nothing to do', async () => {
    await addVirtualKeys(3);
    await addWebhook();
    await addCredential();
    const before = await openAll(old);
    expect(await runCli(['--check'])).toMatchObject({ code: 1, stderr: expect.stringContaining('5 secrets') });

    const first = await runCli(['--batch', '2']);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('5 sealed anew, 0 not') });
    expect(await openAll(onlyNew)).toEqual({ texts: before.texts, versions: [2, 2, 2, 2, 2] });
    expect(first.stderr).not.toContain('sk-proj');

    expect(await rotation(10).run()).toEqual({ resealed: 0, remaining: 0, unopened: [] });
    expect(await runCli(['--check'])).toMatchObject({ code: 0 });
  });

  it('leaves what it cannot open, says which, and seals the rest', async () => {
    await addVirtualKeys(2);
    await addWebhook(new SecretBox(parseEncryptionKeys(`9:${Buffer.alloc(32, 9).toString('base64')}`)));
    const answer = await runCli(['--batch', '1']);

    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain('key version 9 is not in PENSTOCK_ENCRYPTION_KEYS');
    expect(answer.stderr).toContain('2 sealed anew, 1 not');
  });

  it('refuses arguments that it does not know, and keys that are none', async () => {
    expect((await runCli(['--batch', '0'])).code).toBe(2);
    expect(await runCli([], 'nothing')).toMatchObject({ code: 1, stderr: expect.stringContaining('ENCRYPTION_KEYS') });
  });

  it('tells the gateways of re-sealed credentials, and nobody of anything else', async () => {
    const epoch = async (): Promise<number> => {
      const [row] = await admin.db.query<Json[]>('SELECT epoch FROM governance.tenants WHERE id = $1', [tenantId]);
      return Number(row.epoch);
    };
    await addVirtualKeys(1);
    const start = await epoch();
    await rotation(10).run();
    expect(await epoch()).toBe(start);

    await addCredential();
    await admin.db.query('UPDATE governance.outbox_messages SET delivered_at = now()');
    const beforeRotation = await epoch();
    await rotation(10).run();
    expect(await epoch()).toBe(beforeRotation + 1);
    const messages = await admin.db.query<Json[]>(
      'SELECT type, payload FROM governance.outbox_messages WHERE delivered_at IS NULL',
    );
    expect(messages).toMatchObject([{ type: 'policy.invalidated', payload: { tenantId, epoch: beforeRotation + 1 } }]);
  });

  it('writes into the audit chain how many were sealed anew, and nothing of them', async () => {
    await addVirtualKeys(3);
    await rotation(2).run();
    const chain = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ where: { tenantId: SYSTEM_TENANT_ID }, order: { position: 'ASC' } });
    const entries = chain.filter(({ action }) => action === 'secrets.resealed').slice(-2);

    expect(entries.map(({ after }) => after)).toEqual([
      { secrets: 'virtual key values', key_version: 2, count: 2 },
      { secrets: 'virtual key values', key_version: 2, count: 1 },
    ]);
    expect(findBrokenLink(chain)).toBe(-1);
  });

  it('goes on where it was stopped', async () => {
    await addVirtualKeys(5);
    const before = await openAll(old);
    const stopped = new SecretRotation(admin.db, both, admin.clock, {
      batchSize: 2,
      onProgress: () => {
        throw new Error('stopped');
      },
    });
    await expect(stopped.run()).rejects.toThrow('stopped');
    expect((await openAll(both)).versions.filter((version) => version === 2)).toHaveLength(2);

    expect(await rotation(2).run()).toEqual({ resealed: 3, remaining: 0, unopened: [] });
    expect((await openAll(onlyNew)).texts).toEqual(before.texts);
  });

  it('loses neither a key that is replaced while it runs nor a rotation beside it', async () => {
    await addVirtualKeys(20);
    const id = await addCredential();
    const changes = Array.from({ length: 10 }, (_, index) =>
      admin.call('PUT', `/api/provider-credentials/${id}`, { api_key: `sk-replaced-${index}-0123456789` }),
    );
    const reports = await Promise.all([rotation(1).run(), rotation(3).run()]);
    const answers = await Promise.all(changes);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    await rotation(5).run();

    expect(reports.flatMap(({ unopened }) => unopened)).toEqual([]);
    const { texts, versions } = await openAll(onlyNew);
    expect(new Set(versions)).toEqual(new Set([2]));
    expect(texts.at(-1)).toMatch(/^sk-replaced-\d-0123456789$/);
    const { body } = await admin.call('GET', `/api/provider-credentials/${id}`);
    expect(texts.at(-1)?.slice(-4)).toBe(body.key_hint);
  });
});
