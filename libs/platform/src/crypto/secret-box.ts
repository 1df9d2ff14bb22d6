import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import type { EncryptionKeyring } from './encryption-keyring.js';

const ivBytes = 12;
const tagBytes = 16;

/** A secret at rest: which key, and `iv | tag | data`. */
export interface SealedSecret {
  keyVersion: number;
  ciphertext: Buffer;
}

/** Why a sealed secret does not open. */
export type SecretBoxFailure = 'unknown_key_version' | 'malformed' | 'not_authentic';

/** A sealed secret does not open. An operator must look: a key is missing or the row was altered. */
export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError';

  constructor(
    readonly reason: SecretBoxFailure,
    message: string,
  ) {
    super(message);
  }
}

/**
 * AES-256-GCM with versioned keys. Every secret is bound to the id of its row: a ciphertext copied to another
 * row does not open there.
 */
export class SecretBox {
  constructor(private readonly keyring: EncryptionKeyring) {}

  /** The version new secrets are sealed with; an older row is due for re-encryption. */
  get currentVersion(): number {
    return this.keyring.currentVersion;
  }

  encrypt(plaintext: string, boundId: string): SealedSecret {
    const keyVersion = this.keyring.currentVersion;
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.key(keyVersion), iv, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(boundId, 'utf8'));
    const data = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
    return { keyVersion, ciphertext: Buffer.concat([iv, cipher.getAuthTag(), data]) };
  }

  /** @throws SecretBoxError */
  decrypt(sealed: SealedSecret, boundId: string): string {
    const { keyVersion, ciphertext } = sealed;
    if (ciphertext.length < ivBytes + tagBytes) {
      throw new SecretBoxError('malformed', `a sealed secret needs at least ${ivBytes + tagBytes} bytes`);
    }
    const iv = ciphertext.subarray(0, ivBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.key(keyVersion), iv, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(boundId, 'utf8'));
    decipher.setAuthTag(ciphertext.subarray(ivBytes, ivBytes + tagBytes));
    try {
      const data = ciphertext.subarray(ivBytes + tagBytes);
      return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8');
    } catch {
      // The cipher's own error says only that authentication failed.
      throw new SecretBoxError(
        'not_authentic',
        `the secret sealed with key version ${keyVersion} was altered, belongs to another id, or was sealed with another key`,
      );
    }
  }

  private key(version: number): Buffer {
    const key = this.keyring.keys.get(version);
    if (key === undefined) {
      throw new SecretBoxError('unknown_key_version', `key version ${version} is not in PENSTOCK_ENCRYPTION_KEYS`);
    }
    return key;
  }
}
