import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { readConfig } from './config.js';
import { loadSecrets } from './secrets.js';

describe('loadSecrets', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'penstock-secrets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const load = (env: NodeJS.ProcessEnv = {}): ReturnType<typeof loadSecrets> =>
    loadSecrets(readConfig({ PENSTOCK_LOCAL_DIR: folder, ...env }));
  const file = (): string => path.join(folder, 'secrets.json');

  it('generates once, keeps, and lets nobody else read', () => {
    const first = load();
    expect(load()).toEqual(first);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(Buffer.from(first.PENSTOCK_ENCRYPTION_KEYS.split(':')[1] ?? '', 'base64')).toHaveLength(32);
  });

  it('lets the environment win for this run without storing it', () => {
    const stored = load();
    expect(load({ MASTER_KEY: 'mine' }).MASTER_KEY).toBe('mine');
    expect(readFileSync(file(), 'utf8')).not.toContain('"mine"');
    expect(load()).toEqual(stored);
  });

  it('adds what an older release did not have', () => {
    const before = load();
    const { PENSTOCK_SERVICE_TOKEN: _dropped, ...older } = before;
    writeFileSync(file(), JSON.stringify(older));
    const after = load();
    expect(after.MASTER_KEY).toBe(before.MASTER_KEY);
    expect(after.PENSTOCK_SERVICE_TOKEN).not.toBe('');
    expect(load()).toEqual(after);
  });

  it('does not make new secrets for old data', () => {
    mkdirSync(path.join(folder, 'postgres'));
    expect(() => load()).toThrow(/secrets.json is missing but .*put the file back, or move/);
  });

  it('says what to do about a broken file', () => {
    writeFileSync(file(), '{ half');
    expect(() => load()).toThrow(/is not valid JSON: put a good copy back/);
  });
});
