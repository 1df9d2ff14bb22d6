import { describe, expect, it } from '@jest/globals';
import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { createHmac, randomBytes } from 'node:crypto';

import {
  mintOperatorToken,
  operatorTokenHash,
  operatorTokenLifetimeMs,
  parseTokenSecrets,
  readOperatorToken,
} from './operator-token.js';

const nowMs = Date.UTC(2026, 0, 15, 12);
const nowSeconds = nowMs / 1_000;
const first = randomBytes(32);
const second = randomBytes(32);
const keys = parseTokenSecrets(`1:${first.toString('base64')}`);
const rotated = parseTokenSecrets(`1:${first.toString('base64')},2:${second.toString('base64')}`);
const removed = parseTokenSecrets(`2:${second.toString('base64')}`);
const who = { userId: 'user-1', email: 'a@example.com', role: 'admin' } as const;
const claims = { user_id: 'user-1', iat: nowSeconds, exp: nowSeconds + 60, jti: 'j' };

const HEADER = { alg: 'HS256', typ: 'JWT', kid: '1' };

function signed(payload: object, secret: Uint8Array = first, header: object = HEADER): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('an operator token', () => {
  it('is signed with the newest secret, names it, and is read as long as that secret is listed', async () => {
    const [old, fresh] = [await mintOperatorToken(keys, who, nowMs), await mintOperatorToken(rotated, who, nowMs)];
    const headerOf = ({ token }: { token: string }): unknown =>
      JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString());

    expect([headerOf(old), headerOf(fresh)]).toEqual([HEADER, { ...HEADER, kid: '2' }]);
    expect(await readOperatorToken(rotated, old.token, nowMs)).toBe('user-1');
    expect(await readOperatorToken(rotated, fresh.token, nowMs)).toBe('user-1');
    expect(await readOperatorToken(removed, old.token, nowMs)).toBeNull();
    expect(await readOperatorToken(removed, fresh.token, nowMs)).toBe('user-1');
    expect(await readOperatorToken(keys, fresh.token, nowMs)).toBeNull();
  });

  it('says whose it is for 24 hours and not a second longer', async () => {
    const { token, tokenHash, expiresAtMs } = await mintOperatorToken(keys, who, nowMs + 999);
    const [, payload = ''] = token.split('.');

    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
      user_id: 'user-1',
      email: 'a@example.com',
      role: 'admin',
      iat: nowSeconds,
      exp: nowSeconds + operatorTokenLifetimeMs / 1_000,
      jti: expect.any(String),
    });
    expect(tokenHash).toBe(operatorTokenHash(token));
    expect(expiresAtMs).toBe(nowMs + operatorTokenLifetimeMs);
    expect(await readOperatorToken(keys, token, expiresAtMs - 1)).toBe('user-1');
    expect(await readOperatorToken(keys, token, expiresAtMs)).toBeNull();
  });

  it('is another one each time, also within a second', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => mintOperatorToken(keys, who, nowMs)));

    expect(new Set(tokens.map(({ tokenHash }) => tokenHash)).size).toBe(20);
  });

  it('is read when somebody else made it by the same rule', async () => {
    expect(await readOperatorToken(keys, signed(claims), nowMs)).toBe('user-1');
  });

  it.each<[string, () => string | Promise<string>]>([
    ['text that is no token', () => 'abc'],
    ['an empty text', () => ''],
    ['three empty parts', () => '..'],
    ['another key', () => signed(claims, second)],
    ['the name of another key', () => signed(claims, first, { ...HEADER, kid: '2' })],
    ['no name of a key', () => signed(claims, first, { alg: 'HS256', typ: 'JWT' })],
    ['a name of a key that is no version', () => signed(claims, first, { ...HEADER, kid: '__proto__' })],
    ['an empty key', () => signed(claims, new Uint8Array())],
    ['alg none', () => new UnsecuredJWT(claims).encode()],
    ['alg None with a signature', () => signed(claims, first, { ...HEADER, alg: 'None' })],
    ['no alg', () => signed(claims, first, { typ: 'JWT', kid: '1' })],
    ['HS512', () => new SignJWT(claims).setProtectedHeader({ alg: 'HS512', kid: '1' }).sign(first)],
    ['a header that says RS256 over an HS256 signature', () => signed(claims, first, { ...HEADER, alg: 'RS256' })],
    [
      'RS256 with a key of the attacker',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: '1' }).sign(privateKey);
      },
    ],
    [
      'HS256 with the text of a public key as the secret',
      async () => {
        const { publicKey } = await generateKeyPair('RS256', { extractable: true });
        return signed(claims, new TextEncoder().encode(await exportSPKI(publicKey)));
      },
    ],
    ['a critical extension nobody knows', () => signed(claims, first, { ...HEADER, alg: 'HS256', crit: ['x'], x: 1 })],
    ['no expiry', () => signed({ ...claims, exp: undefined })],
    ['an expiry in words', () => signed({ ...claims, exp: 'never' })],
    ['an expiry that has passed', () => signed({ ...claims, exp: nowSeconds })],
    ['no jti', () => signed({ ...claims, jti: undefined })],
    ['no user', () => signed({ ...claims, user_id: undefined })],
    ['a user that is no text', () => signed({ ...claims, user_id: 5 })],
    ['not valid yet', () => signed({ ...claims, nbf: nowSeconds + 30 })],
  ])('is refused with %s', async (_what, make) => {
    expect(await readOperatorToken(keys, await make(), nowMs)).toBeNull();
  });

  it('is refused with a single character changed', async () => {
    const { token } = await mintOperatorToken(keys, who, nowMs);
    const middle = token.indexOf('.') + 5;
    const other = token[middle] === 'A' ? 'B' : 'A';

    expect(await readOperatorToken(keys, token.slice(0, middle) + other + token.slice(middle + 1), nowMs)).toBeNull();
  });
});
