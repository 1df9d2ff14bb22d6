import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { timingSafeEqual } from 'node:crypto';
import { Strategy } from 'passport-custom';

import { digestText } from '../crypto/timing-safe-equal-text.js';
import { type AuthenticateOptions, NOT_GOOD, type ShownCredentials } from './authentication-strategy.js';
import { masterKeyPrincipal, type Principal } from './principal.js';

/** `X-Admin-Key: <master key>`, compared in constant time. */
@Injectable()
export class AdminKeyStrategy extends PassportStrategy(Strategy, 'admin-key') {
  constructor() {
    super({ passOptionsToCallback: true });
  }

  validate({ headers }: ShownCredentials, { masterKeyDigest }: AuthenticateOptions): Principal | typeof NOT_GOOD {
    const shown = headers['x-admin-key'];
    const isMasterKey = typeof shown === 'string' && timingSafeEqual(digestText(shown), masterKeyDigest);
    return isMasterKey ? masterKeyPrincipal : NOT_GOOD;
  }
}
