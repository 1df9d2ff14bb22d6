import type { ConfigProblem } from '../config/config-error.js';
import type { Secret } from '../config/secret.js';
import { parseVersionedKeys, type VersionedKeys, versionedKeysProblems } from './versioned-keys.js';

/** The versions of the encryption key: the last named encrypts, all of them decrypt. */
export type EncryptionKeyring = VersionedKeys;

/** Parses `PENSTOCK_ENCRYPTION_KEYS`. @throws VersionedKeysError */
export function parseEncryptionKeys(text: string | Secret): EncryptionKeyring {
  return parseVersionedKeys(text);
}

/** What is wrong with `PENSTOCK_ENCRYPTION_KEYS`, for the check of a configuration. */
export function encryptionKeysProblems(text: string | Secret): ConfigProblem[] {
  return versionedKeysProblems('PENSTOCK_ENCRYPTION_KEYS', text);
}
