import { Injectable } from '@nestjs/common';
import type { VirtualKeyEntity } from '@penstock/entities';
import { KeyHasher, SecretBox } from '@penstock/platform';
import { randomBytes } from 'node:crypto';

const PREFIX = 'sk-bf-';
const HINT_LENGTH = 4;

/** The columns that a value is kept in. */
export type StoredSecret = Pick<VirtualKeyEntity, 'keyHash' | 'valueCiphertext' | 'valueKeyVersion' | 'valueHint'>;

/** What a list shows of a value. */
export function maskedValue(hint: string): string {
  return `${PREFIX}...${hint}`;
}

/** Makes and opens the values of virtual keys. */
@Injectable()
export class KeySecrets {
  constructor(
    private readonly hasher: KeyHasher,
    private readonly box: SecretBox,
  ) {}

  /** A new value of 256 random bits, and how it is stored: never in the clear, bound to the key's id. */
  mint(keyId: string): { readonly value: string; readonly stored: StoredSecret } {
    const value = PREFIX + randomBytes(32).toString('base64url');
    const sealed = this.box.encrypt(value, keyId);
    const stored = {
      keyHash: this.hasher.hash(value),
      valueCiphertext: sealed.ciphertext,
      valueKeyVersion: sealed.keyVersion,
      valueHint: value.slice(-HINT_LENGTH),
    };
    return { value, stored };
  }

  /** The value in the clear, for the answer to an operator who may see it. */
  reveal(key: Pick<VirtualKeyEntity, 'id' | 'valueCiphertext' | 'valueKeyVersion'>): string {
    return this.box.decrypt({ keyVersion: key.valueKeyVersion, ciphertext: key.valueCiphertext }, key.id);
  }
}
