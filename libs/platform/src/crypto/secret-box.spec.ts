import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';

import { parseEncryptionKeys } from './encryption-keyring.js';
import { KeyHasher } from './key-hasher.js';
import { SecretBox, SecretBoxError, type SealedSecret } from './secret-box.js';
import { timingSafeEqualText } from './timing-safe-equal-text.js';
import { VersionedKeysError } from './versioned-keys.js';

const first = randomBytes(32).toString('base64');
const second = randomBytes(32).toString('base64');
const box = new SecretBox(parseEncryptionKeys(`1:${first}`));

function reasonOf(sealed: SealedSecret, boundId: string, by = box): string {
  try {
    return by.decrypt(sealed, boundId);
  } catch (error) {
    return error instanceof SecretBoxError ? error.reason : 'another error';
  }
}

describe('SecretBox', () => {
  it('opens what it sealed, for the same id', () => {
    const sealed = box.encrypt('sk-bf-ü', 'vk-1');

    expect(sealed.keyVersion).toBe(1);
    expect(box.decrypt(sealed, 'vk-1')).toBe('sk-bf-ü');
    expect(box.decrypt(box.encrypt('', 'vk-1'), 'vk-1')).toBe('');
  });

  it('never seals to the same bytes twice', () => {
    expect(box.encrypt('a', 'vk-1').ciphertext.equals(box.encrypt('a', 'vk-1').ciphertext)).toBe(false);
  });

  it('does not open a secret copied to another id', () => {
    expect(reasonOf(box.encrypt('a', 'vk-1'), 'vk-2')).toBe('not_authentic');
  });

  it('notices every flipped byte: iv, tag and data', () => {
    const sealed = box.encrypt('secret', 'vk-1');
    for (let index = 0; index < sealed.ciphertext.length; index += 1) {
      const ciphertext = Buffer.from(sealed.ciphertext);
      ciphertext.writeUInt8(ciphertext.readUInt8(index) ^ 1, index);
      expect(reasonOf({ ...sealed, ciphertext }, 'vk-1')).toBe('not_authentic');
    }
  });

  it('refuses what is too short to be a sealed secret', () => {
    expect(reasonOf({ keyVersion: 1, ciphertext: Buffer.alloc(27) }, 'vk-1')).toBe('malformed');
  });

  it('after a rotation seals with the new key and still opens the old', () => {
    const sealed = box.encrypt('old', 'vk-1');
    const rotated = new SecretBox(parseEncryptionKeys(`1:${first}, 2:${second}`));

    expect(rotated.decrypt(sealed, 'vk-1')).toBe('old');
    expect(rotated.currentVersion).toBe(2);
    expect(rotated.encrypt('new', 'vk-1').keyVersion).toBe(2);
  });

  it('says so when the key of a secret is no longer there', () => {
    const sealed = box.encrypt('a', 'vk-1');

    expect(reasonOf(sealed, 'vk-1', new SecretBox(parseEncryptionKeys(`2:${second}`)))).toBe('unknown_key_version');
  });
});

describe('parseEncryptionKeys', () => {
  it.each([
    ['', 'must read <version>'],
    ['1', 'must read <version>'],
    [`x:${first}`, 'must read <version>'],
    [`0:${first}`, 'out of range'],
    ['1:c2hvcnQ=', 'has 5 bytes'],
    [`1:${first},1:${second}`, 'given twice'],
    [`1:${first},`, 'must read <version>'],
  ])('refuses %p without showing a key', (text, message) => {
    expect(() => parseEncryptionKeys(text)).toThrow(VersionedKeysError);
    expect(() => parseEncryptionKeys(text)).toThrow(message);
    expect(() => parseEncryptionKeys(text)).not.toThrow(first);
  });
});

describe('KeyHasher', () => {
  it('depends on the key and on the secret', () => {
    const hasher = new KeyHasher('pepper');

    expect(hasher.hash('sk-bf-1')).toMatch(/^[0-9a-f]{64}$/);
    expect(hasher.hash('sk-bf-1')).toBe(new KeyHasher('pepper').hash('sk-bf-1'));
    expect(hasher.hash('sk-bf-1')).not.toBe(hasher.hash('sk-bf-2'));
    expect(hasher.hash('sk-bf-1')).not.toBe(new KeyHasher('salt').hash('sk-bf-1'));
  });
});

describe('timingSafeEqualText', () => {
  it('compares texts of any length', () => {
    expect(timingSafeEqualText('a', 'a')).toBe(true);
    expect(timingSafeEqualText('a', 'ab')).toBe(false);
    expect(timingSafeEqualText('', '')).toBe(true);
  });
});
