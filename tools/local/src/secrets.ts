import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { LocalConfig, SecretVariable } from './config.js';
import { StartError } from './start-error.js';

/** The secrets of this stack. What is stored in the data folders can only be read with them. */
export interface LocalSecrets extends Readonly<Record<SecretVariable, string>> {
  readonly POSTGRES_PASSWORD: string;
}

const GENERATORS: Readonly<Record<keyof LocalSecrets, () => string>> = {
  MASTER_KEY: () => `mk-${randomBytes(24).toString('base64url')}`,
  PENSTOCK_TOKEN_SECRETS: () => `1:${randomBytes(32).toString('base64')}`,
  PENSTOCK_SERVICE_TOKEN: () => randomBytes(32).toString('base64url'),
  PENSTOCK_KEY_HASH_SECRET: () => randomBytes(32).toString('base64url'),
  PENSTOCK_ENCRYPTION_KEYS: () => `1:${randomBytes(32).toString('base64')}`,
  POSTGRES_PASSWORD: () => randomBytes(24).toString('base64url'),
};

/**
 * Loads the secrets of earlier starts, generates what is missing and stores it. The environment wins for this
 * run without being stored.
 */
export function loadSecrets({ localDir, given, databaseUrl }: LocalConfig): LocalSecrets {
  const file = path.join(localDir, 'secrets.json');
  const stored = readStored(file);
  const hasData = databaseUrl === undefined && existsSync(path.join(localDir, 'postgres'));
  if (stored === undefined && hasData) {
    throw new StartError(
      `${file} is missing but ${path.join(localDir, 'postgres')} was written with it: put the file back, or move ${localDir} away to start anew.`,
    );
  }
  const names = Object.keys(GENERATORS) as (keyof LocalSecrets)[];
  const complete = Object.fromEntries(names.map((name) => [name, stored?.[name] ?? GENERATORS[name]()]));
  if (stored === undefined || names.some((name) => stored[name] === undefined)) writePrivately(file, complete);
  return { ...(complete as unknown as LocalSecrets), ...given };
}

/** Writes JSON that only this user may read; never half a file. */
export function writePrivately(file: string, value: unknown): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(partial, 0o600);
  renameSync(partial, file);
}

function readStored(file: string): Partial<Record<keyof LocalSecrets, string>> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): it must belong to this user.`,
    );
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new StartError(
    `${file} is not valid JSON: put a good copy back, or move ${path.dirname(file)} away to start anew.`,
  );
}
