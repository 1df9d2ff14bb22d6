import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';

import { type AuthenticateOptions, NOT_GOOD, type ShownCredentials } from './authentication-strategy.js';
import { bearerOf } from './bearer.js';
import { operatorTokenHash, readOperatorToken } from './operator-token.js';
import type { Principal } from './principal.js';

/** `Authorization: Bearer <operator token>`: signed by us, unexpired, of a session that is still good. */
@Injectable()
export class OperatorTokenStrategy extends PassportStrategy(Strategy, 'operator-token') {
  constructor() {
    super({ passOptionsToCallback: true });
  }

  /** Rejects when the session cannot be looked up: that is not the caller's fault. */
  async validate(
    { headers, receivedAtMs }: ShownCredentials,
    { logins }: AuthenticateOptions,
  ): Promise<Principal | typeof NOT_GOOD> {
    const token = bearerOf(headers);
    if (token === undefined || logins === undefined) return NOT_GOOD;
    const userId = await readOperatorToken(logins.tokenKeys, token, receivedAtMs);
    if (userId === null) return NOT_GOOD;
    const session = await logins.sessions.find(operatorTokenHash(token), userId, receivedAtMs);
    if (session === null || session.userId !== userId) return NOT_GOOD;
    return { kind: 'operator', id: session.userId, role: session.role, sessionId: session.sessionId };
  }
}
