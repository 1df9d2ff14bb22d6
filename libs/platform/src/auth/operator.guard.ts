import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AppError } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';

import { requestContextOf } from '../context/request-context.js';
import { digestText } from '../crypto/timing-safe-equal-text.js';
import { OPERATOR_AUTH_OPTIONS, operatorSecretOf, type OperatorAuthOptions } from './operator-auth-options.js';
import { operatorTokenKey } from './operator-token.js';
import type { OperatorAuthenticateOptions } from './operator.strategy.js';
import { PUBLIC_ROUTE } from './public.decorator.js';
import { RefusalAudit, refusedCredential } from './refusal-audit.js';

/** Lets operators in. It guards every route of the app, except those marked `@Public()`. */
@Injectable()
export class OperatorGuard extends AuthGuard('operator') {
  readonly #authenticateOptions: OperatorAuthenticateOptions & { property: string; session: false };

  constructor(
    private readonly reflector: Reflector,
    @Inject(OPERATOR_AUTH_OPTIONS) auth: OperatorAuthOptions,
    private readonly refusals: RefusalAudit,
  ) {
    super();
    const masterKey = operatorSecretOf(auth);
    this.#authenticateOptions = {
      property: 'principal',
      session: false,
      masterKeyDigest: digestText(masterKey),
      tokenKey: operatorTokenKey(masterKey),
      sessions: auth.sessions,
    };
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC_ROUTE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (isPublic === true) {
      return true;
    }
    return (await super.canActivate(context)) === true;
  }

  override getAuthenticateOptions(): OperatorAuthenticateOptions & { property: string; session: false } {
    return this.#authenticateOptions;
  }

  /** Passport calls this with what the strategy found: an error when it could not tell, which is never a 401. */
  override handleRequest<TUser>(
    error: unknown,
    user: TUser | false | null | undefined,
    failure: unknown,
    context: ExecutionContext,
  ): TUser {
    if (error !== null && error !== undefined) {
      throw error instanceof Error ? error : new Error('an authentication strategy failed', { cause: error });
    }
    if (user !== false && user !== null && user !== undefined) {
      return user;
    }
    const code = wasAnythingShown(failure) ? 'authentication_invalid' : 'authentication_required';
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    // Not waited for: a slow database must not tell refused callers apart, nor hold them.
    void this.refusals.note(requestContextOf(request), refusedCredential(code, request));
    throw new AppError(code, { detail: detailByCode[code] });
  }
}

const detailByCode = {
  authentication_required:
    'Authentication required: send X-Admin-Key: <master key> or Authorization: Bearer <operator token>.',
  authentication_invalid:
    'The operator credential is not valid. Check what X-Admin-Key and Authorization: Bearer carry.',
};

function wasAnythingShown(failure: unknown): boolean {
  return typeof failure === 'object' && failure !== null && 'reason' in failure && failure.reason === 'invalid';
}
