import { revealSecret, type Secret } from '../config/secret.js';
import type { ConfigProblem } from '../config/config-error.js';

const keyBytes = 32;

/** Versions of a secret that can be replaced while it is in use: the last named is the current one, all of them are good. */
export interface VersionedKeys {
  currentVersion: number;
  keys: ReadonlyMap<number, Buffer>;
}

/** Versioned keys cannot be read; the message never shows a key. */
export class VersionedKeysError extends Error {
  override readonly name = 'VersionedKeysError';
}

/** Parses `1:<base64 of 32 bytes>[,2:<…>]`. @throws VersionedKeysError */
export function parseVersionedKeys(text: string | Secret): VersionedKeys {
  const keys = new Map<number, Buffer>();
  let currentVersion = 0;
  for (const entry of revealSecret(text).split(',')) {
    const match = /^\s*(\d{1,5}):([A-Za-z0-9+/]+={0,2})\s*$/.exec(entry);
    if (match === null) {
      throw new VersionedKeysError('each entry must read <version>:<base64 of 32 bytes>, separated by commas');
    }
    const version = Number(match[1]);
    const key = Buffer.from(match[2] ?? '', 'base64');
    if (version < 1 || version > 32_767) {
      throw new VersionedKeysError(`version ${version} is out of range, use 1 to 32767`);
    }
    if (key.length !== keyBytes) {
      throw new VersionedKeysError(`the key of version ${version} has ${key.length} bytes, it needs ${keyBytes}`);
    }
    if (keys.has(version)) {
      throw new VersionedKeysError(`version ${version} is given twice`);
    }
    keys.set(version, key);
    currentVersion = version;
  }
  return { currentVersion, keys };
}

/** What is wrong with a variable that holds versioned keys, for the check of a configuration. */
export function versionedKeysProblems(variable: string, text: string | Secret): ConfigProblem[] {
  try {
    parseVersionedKeys(text);
    return [];
  } catch (error) {
    if (!(error instanceof VersionedKeysError)) throw error;
    return [{ variable, reason: error.message }];
  }
}
