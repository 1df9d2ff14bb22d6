import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

import { revealSecret, type Secret } from '../config/secret.js';

/** The look-up form of a virtual key: HMAC-SHA256, so that a stolen table cannot be searched without the secret. */
export class KeyHasher {
  readonly #secret: KeyObject;

  constructor(secret: string | Secret) {
    this.#secret = createSecretKey(Buffer.from(revealSecret(secret), 'utf8'));
  }

  /** 64 hexadecimal digits. */
  hash(key: string): string {
    return createHmac('sha256', this.#secret).update(key, 'utf8').digest('hex');
  }
}
