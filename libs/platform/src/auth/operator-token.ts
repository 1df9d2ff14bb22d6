import { createHash, randomUUID } from 'node:crypto';

import { errors, jwtVerify, SignJWT } from 'jose';

import { revealSecret, type Secret } from '../config/secret.js';
import type { OperatorRole } from './operator-roles.js';

/** How long a login lasts. */
export const operatorTokenLifetimeMs = 24 * 3_600_000;

/** Only this algorithm is ever accepted, whatever a token says of itself. */
const ALGORITHM = 'HS256';

/** What a token says. Only `userId` is believed: role and e-mail are for clients that look into it. */
export interface OperatorTokenClaims {
  userId: string;
  email: string;
  role: OperatorRole;
}

/** A token as it is handed out, once. */
export interface MintedOperatorToken {
  token: string;
  /** What is stored of it. */
  tokenHash: string;
  /** Whole seconds, in milliseconds since the epoch. */
  expiresAtMs: number;
}

/** The secret that operators' tokens are signed with: the hexadecimal text of SHA-256 of the master key. */
export function operatorTokenKey(masterKey: string | Secret): Uint8Array {
  return new TextEncoder().encode(sha256Hex(revealSecret(masterKey)));
}

/** The form in which a token is kept and looked up. */
export function operatorTokenHash(token: string): string {
  return sha256Hex(token);
}

/** Makes a token. No two are alike: a `jti` sets apart even logins of one account in the same second. */
export async function mintOperatorToken(
  key: Uint8Array,
  { userId, email, role }: OperatorTokenClaims,
  nowMs: number,
): Promise<MintedOperatorToken> {
  const issuedAt = Math.floor(nowMs / 1_000);
  const expiresAt = issuedAt + operatorTokenLifetimeMs / 1_000;
  const token = await new SignJWT({ user_id: userId, email, role })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key);
  return { token, tokenHash: operatorTokenHash(token), expiresAtMs: expiresAt * 1_000 };
}

/** Whose token it is; null unless it is signed with the key, complete and unexpired. */
export async function readOperatorToken(key: Uint8Array, token: string, nowMs: number): Promise<string | null> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      requiredClaims: ['user_id', 'iat', 'exp', 'jti'],
      currentDate: new Date(nowMs),
    });
    const userId = payload['user_id'];
    return typeof userId === 'string' ? userId : null;
  } catch (error) {
    if (error instanceof errors.JOSEError) {
      return null;
    }
    throw error;
  }
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
