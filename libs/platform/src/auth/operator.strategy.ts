import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Strategy } from 'passport-custom';

import { digestText } from '../crypto/timing-safe-equal-text.js';
import type { OperatorSessions } from './operator-sessions.js';
import { operatorTokenHash, readOperatorToken } from './operator-token.js';
import { masterKeyPrincipal, type Principal } from './principal.js';

/** Why a request was not authenticated: nothing was shown, or something that was shown is wrong. */
export interface AuthenticationFailure {
  reason: 'absent' | 'invalid';
}

/** What the guard hands over with every request. */
export interface OperatorAuthenticateOptions {
  masterKeyDigest: Buffer;
  tokenKey: Uint8Array;
  /** Absent in an app without accounts, where no token is good. */
  sessions: OperatorSessions | undefined;
}

/** The parts of a request that authentication looks at. */
interface ShownCredentials {
  headers: IncomingHttpHeaders;
  receivedAtMs: number;
}

/**
 * `Authorization: Bearer <operator token>` and `X-Admin-Key: <master key>`. Every credential that is shown must be
 * good: a wrong one is never made up for by the other. When both are, the token names the operator.
 *
 * Passport keeps strategies in one registry per process, so nothing of an app is kept here: it comes with the request
 * from the guard of the app that was asked.
 */
@Injectable()
export class OperatorStrategy extends PassportStrategy(Strategy, 'operator') {
  constructor() {
    super({ passOptionsToCallback: true });
  }

  async validate(
    request: ShownCredentials,
    options: OperatorAuthenticateOptions,
  ): Promise<Principal | [false, AuthenticationFailure]> {
    // The key first: it costs nothing, and a wrong one spares the look-up of the token.
    const key = principalOfKey(request, options);
    if (key === 'invalid') {
      return [false, { reason: 'invalid' }];
    }
    const token = await principalOfToken(request, options);
    if (token === 'invalid') {
      return [false, { reason: 'invalid' }];
    }
    const principal = token === 'absent' ? key : token;
    return principal === 'absent' ? [false, { reason: 'absent' }] : principal;
  }
}

function principalOfKey(
  { headers }: ShownCredentials,
  { masterKeyDigest }: OperatorAuthenticateOptions,
): Principal | AuthenticationFailure['reason'] {
  const shown = headers['x-admin-key'];
  if (shown === undefined) {
    return 'absent';
  }
  const isMasterKey = typeof shown === 'string' && timingSafeEqual(digestText(shown), masterKeyDigest);
  return isMasterKey ? masterKeyPrincipal : 'invalid';
}

/** Rejects when the session cannot be looked up: that is not the caller's fault. */
async function principalOfToken(
  { headers, receivedAtMs }: ShownCredentials,
  { tokenKey, sessions }: OperatorAuthenticateOptions,
): Promise<Principal | AuthenticationFailure['reason']> {
  if (headers.authorization === undefined) {
    return 'absent';
  }
  const [, token] = /^bearer ([^\s]+)$/i.exec(headers.authorization) ?? [];
  if (token === undefined || sessions === undefined) {
    return 'invalid';
  }
  const userId = await readOperatorToken(tokenKey, token, receivedAtMs);
  if (userId === null) {
    return 'invalid';
  }
  const session = await sessions.find(operatorTokenHash(token), receivedAtMs);
  if (session === null || session.userId !== userId) {
    return 'invalid';
  }
  return { kind: 'operator', id: session.userId, role: session.role, sessionId: session.sessionId };
}
