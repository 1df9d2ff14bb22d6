import { createHash, randomUUID } from 'node:crypto';

import { errors, jwtVerify, SignJWT } from 'jose';

import type { Secret } from '../config/secret.js';
import { parseVersionedKeys, type VersionedKeys, versionedKeysProblems } from '../crypto/versioned-keys.js';
import type { ConfigProblem } from '../config/config-error.js';
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

/** Parses `PENSTOCK_TOKEN_SECRETS`: the last named signs new tokens, all of them prove tokens. @throws VersionedKeysError */
export function parseTokenSecrets(text: string | Secret): VersionedKeys {
  return parseVersionedKeys(text);
}

/** What is wrong with `PENSTOCK_TOKEN_SECRETS`, for the check of a configuration. */
export function tokenSecretsProblems(text: string | Secret): ConfigProblem[] {
  return versionedKeysProblems('PENSTOCK_TOKEN_SECRETS', text);
}

/** The form in which a token is kept and looked up. */
export function operatorTokenHash(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/**
 * Makes a token, signed with the current key, whose version is its `kid`. No two are alike: a `jti` sets apart even
 * logins of one account in the same second.
 */
export async function mintOperatorToken(
  keys: VersionedKeys,
  { userId, email, role }: OperatorTokenClaims,
  nowMs: number,
): Promise<MintedOperatorToken> {
  const issuedAt = Math.floor(nowMs / 1_000);
  const expiresAt = issuedAt + operatorTokenLifetimeMs / 1_000;
  const token = await new SignJWT({ user_id: userId, email, role })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT', kid: String(keys.currentVersion) })
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(keyOf(keys, String(keys.currentVersion)));
  return { token, tokenHash: operatorTokenHash(token), expiresAtMs: expiresAt * 1_000 };
}

/** Whose token it is; null unless it is signed with the key that its `kid` names, complete and unexpired. */
export async function readOperatorToken(keys: VersionedKeys, token: string, nowMs: number): Promise<string | null> {
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => keyOf(keys, kid), {
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

/** @throws JOSEError for a version that is not, or no longer, among the keys. */
function keyOf({ keys }: VersionedKeys, kid: string | undefined): Uint8Array {
  const key = kid !== undefined && /^\d{1,5}$/.test(kid) ? keys.get(Number(kid)) : undefined;
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key;
}
