import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { IncomingHttpHeaders } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import { Strategy } from 'passport-custom';

import { digestText } from '../crypto/timing-safe-equal-text.js';
import { masterKeyPrincipal, type Principal } from './principal.js';

/** Why a strategy did not authenticate: nothing was shown, or what was shown is wrong. */
export interface AuthenticationFailure {
  reason: 'absent' | 'invalid';
}

/** What the guard hands to its strategies with every request. */
export interface OperatorAuthenticateOptions {
  masterKeyDigest: Buffer;
}

/**
 * `X-Admin-Key` against the master key. Passport keeps strategies in one registry per process, so the key is not
 * kept here: it comes with the request from the guard of the app that was asked.
 */
@Injectable()
export class AdminKeyStrategy extends PassportStrategy(Strategy, 'admin-key') {
  constructor() {
    super({ passOptionsToCallback: true });
  }

  validate(
    request: { headers: IncomingHttpHeaders },
    { masterKeyDigest }: OperatorAuthenticateOptions,
  ): Principal | [false, AuthenticationFailure] {
    const shown = request.headers['x-admin-key'];
    if (shown === undefined) {
      return [false, { reason: 'absent' }];
    }
    const isMasterKey = typeof shown === 'string' && timingSafeEqual(digestText(shown), masterKeyDigest);
    return isMasterKey ? masterKeyPrincipal : [false, { reason: 'invalid' }];
  }
}
