import type { ConfigProblem } from '../config/config-error.js';
import { revealSecret, type Secret } from '../config/secret.js';

const keyBytes = 32;

/** The versions of the encryption key: the last named encrypts, all of them decrypt. */
export interface EncryptionKeyring {
  currentVersion: number;
  keys: ReadonlyMap<number, Buffer>;
}

/** `PENSTOCK_ENCRYPTION_KEYS` cannot be read; the message never shows a key. */
export class EncryptionKeyringError extends Error {
  override readonly name = 'EncryptionKeyringError';
}

/** Parses `1:<base64 of 32 bytes>[,2:<…>]`. */
export function parseEncryptionKeys(text: string | Secret): EncryptionKeyring {
  const keys = new Map<number, Buffer>();
  let currentVersion = 0;
  for (const entry of revealSecret(text).split(',')) {
    const match = /^\s*(\d{1,5}):([A-Za-z0-9+/]+={0,2})\s*$/.exec(entry);
    if (match === null) {
      throw new EncryptionKeyringError('each entry must read <version>:<base64 of 32 bytes>, separated by commas');
    }
    const version = Number(match[1]);
    const key = Buffer.from(match[2] ?? '', 'base64');
    if (version < 1 || version > 32_767) {
      throw new EncryptionKeyringError(`version ${version} is out of range, use 1 to 32767`);
    }
    if (key.length !== keyBytes) {
      throw new EncryptionKeyringError(`the key of version ${version} has ${key.length} bytes, it needs ${keyBytes}`);
    }
    if (keys.has(version)) {
      throw new EncryptionKeyringError(`version ${version} is given twice`);
    }
    keys.set(version, key);
    currentVersion = version;
  }
  return { currentVersion, keys };
}

/** What is wrong with `PENSTOCK_ENCRYPTION_KEYS`, for the check of a configuration. */
export function encryptionKeysProblems(text: string | Secret): ConfigProblem[] {
  try {
    parseEncryptionKeys(text);
    return [];
  } catch (error) {
    if (!(error instanceof EncryptionKeyringError)) throw error;
    return [{ variable: 'PENSTOCK_ENCRYPTION_KEYS', reason: error.message }];
  }
}
