import { Injectable } from '@nestjs/common';
import type { VirtualKeySecretEntity } from '@penstock/entities';
import { KeyHasher, SecretBox } from '@penstock/platform';
import { randomBytes } from 'node:crypto';

/** What every value begins with. */
export const VALUE_PREFIX = 'sk-bf-';
/** Characters that are random in a value of ours. */
export const VALUE_RANDOM_CHARS = 43;
/** Characters that are kept in the clear, at either end of the random part. */
export const VALUE_CLEAR_CHARS = 4;

/** The columns that a value is kept in. */
export type StoredSecret = Pick<
  VirtualKeySecretEntity,
  'keyHash' | 'valueCiphertext' | 'valueKeyVersion' | 'valuePrefix' | 'valueHint'
>;

/** What is shown of a value to who may not see it. */
export function maskedValue(hint: string): string {
  return `${VALUE_PREFIX}...${hint}`;
}

/** Makes and opens the values of virtual keys. */
@Injectable()
export class KeySecrets {
  constructor(
    private readonly hasher: KeyHasher,
    private readonly box: SecretBox,
  ) {}

  /** A new value of 256 random bits, and how it is stored: never in the clear, bound to the id of its row. */
  mint(secretId: string): { readonly value: string; readonly stored: StoredSecret } {
    const random = randomBytes(32).toString('base64url');
    const value = VALUE_PREFIX + random;
    const sealed = this.box.encrypt(value, secretId);
    const stored = {
      keyHash: this.hasher.hash(value),
      valueCiphertext: sealed.ciphertext,
      valueKeyVersion: sealed.keyVersion,
      valuePrefix: random.slice(0, VALUE_CLEAR_CHARS),
      valueHint: random.slice(-VALUE_CLEAR_CHARS),
    };
    return { value, stored };
  }

  /** What a gateway would look the value up by. */
  hash(value: string): string {
    return this.hasher.hash(value);
  }

  /** The value in the clear, for the answer to an operator who may see it. */
  reveal(secret: Pick<VirtualKeySecretEntity, 'id' | 'valueCiphertext' | 'valueKeyVersion'>): string {
    return this.box.decrypt({ keyVersion: secret.valueKeyVersion, ciphertext: secret.valueCiphertext }, secret.id);
  }
}
