import { revealSecret, type Secret } from '../config/secret.js';
import type { KeyHasher } from '../crypto/key-hasher.js';
import type { VersionedKeys } from '../crypto/versioned-keys.js';
import type { OperatorSessions } from './operator-sessions.js';
import type { RefusalEntry } from './refusal-entry.js';
import type { TeamKeys } from './team-keys.js';

/** The credentials that open routes. */
export interface OperatorAuthOptions {
  masterKey: string | Secret;
  /** Logins of operators, and the keys that sign their tokens; without it the master key is the only credential. */
  logins?: { tokenKeys: VersionedKeys; sessions: OperatorSessions };
  /** Virtual keys of teams; needed only by an app with `@TeamOnly()` or `@TeamOrOperator()` routes. */
  teams?: { keys: TeamKeys; hasher: KeyHasher };
  /** What gateways show on `/internal/*`; needed only by an app that has such routes. */
  serviceToken?: string | Secret;
  /** Writes a refusal into the audit log. It may reject; the answer to the caller is the same. */
  recordRefusal?: (entry: RefusalEntry) => Promise<void>;
}

export const OPERATOR_AUTH_OPTIONS = Symbol('penstock.operator-auth-options');

/** An empty key would let in everyone who sends an empty header. */
export function operatorSecretOf({ masterKey }: OperatorAuthOptions): string {
  const secret = revealSecret(masterKey);
  if (secret === '') {
    throw new TypeError('the master key must not be empty');
  }
  return secret;
}
