import { describe, expect, it } from '@jest/globals';
import { KeyHasher, parseEncryptionKeys, SecretBox } from '@penstock/platform';

import { KeySecrets, maskedValue } from './key-secret.js';

describe('KeySecrets', () => {
  const hasher = new KeyHasher('a secret of the test');
  const secrets = new KeySecrets(
    hasher,
    new SecretBox(parseEncryptionKeys(`3:${Buffer.alloc(32, 1).toString('base64')}`)),
  );

  it('mints values of 256 random bits that open again under the id of their row', () => {
    const { value, stored } = secrets.mint('key-1');

    expect(value).toMatch(/^sk-bf-[\w-]{43}$/);
    expect(secrets.mint('key-1').value).not.toBe(value);
    expect(stored).toMatchObject({ keyHash: hasher.hash(value), valueKeyVersion: 3, valueHint: value.slice(-4) });
    expect(stored.valuePrefix).toBe(value.slice(6, 10));
    expect(stored.valueCiphertext.includes(value)).toBe(false);
    expect(secrets.reveal({ id: 'key-1', ...stored })).toBe(value);
    expect(() => secrets.reveal({ id: 'key-2', ...stored })).toThrow('belongs to another id');
  });

  it('masks all but the last four characters', () => {
    expect(maskedValue('wxyz')).toBe('sk-bf-...wxyz');
  });
});
