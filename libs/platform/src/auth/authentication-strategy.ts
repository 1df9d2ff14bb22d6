import type { IncomingHttpHeaders } from 'node:http';

import type { KeyHasher } from '../crypto/key-hasher.js';
import type { VersionedKeys } from '../crypto/versioned-keys.js';
import type { OperatorSessions } from './operator-sessions.js';
import type { TeamKeys } from './team-keys.js';

/** The names of the passport strategies, one per kind of credential. */
export const strategyNames = ['admin-key', 'operator-token', 'team-key'] as const;
export type StrategyName = (typeof strategyNames)[number];

/**
 * What the guard hands over with every request. Passport keeps strategies in one registry per process, so a strategy
 * keeps nothing of an app: it comes with the request from the guard of the app that was asked.
 */
export interface AuthenticateOptions {
  masterKeyDigest: Buffer;
  /** Absent in an app without accounts, where no token is good. */
  logins: { tokenKeys: VersionedKeys; sessions: OperatorSessions } | undefined;
  /** Absent in an app without routes for teams. */
  teams: { keys: TeamKeys; hasher: KeyHasher } | undefined;
}

/** The parts of a request that authentication looks at. */
export interface ShownCredentials {
  headers: IncomingHttpHeaders;
  ip: string;
  receivedAtMs: number;
}

/** A strategy's word for a credential that is not good. An exception is something else: it could not tell. */
export const NOT_GOOD = false as const;
