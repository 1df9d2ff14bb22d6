import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { AppError } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';

import { requestContextOf } from '../context/request-context.js';
import { digestText } from '../crypto/timing-safe-equal-text.js';
import type { OperatorAuthenticateOptions } from './admin-key.strategy.js';
import { OPERATOR_AUTH_OPTIONS, operatorSecretOf, type OperatorAuthOptions } from './operator-auth-options.js';
import { PUBLIC_ROUTE } from './public.decorator.js';

/** Tried in this order; the first that succeeds names the operator. */
const operatorStrategies = ['admin-key'];

/** Lets operators in. It guards every route of the app, except those marked `@Public()`. */
@Injectable()
export class OperatorGuard extends AuthGuard(operatorStrategies) {
  readonly #authenticateOptions: OperatorAuthenticateOptions & { property: string; session: false };

  constructor(
    private readonly reflector: Reflector,
    @Inject(OPERATOR_AUTH_OPTIONS) private readonly auth: OperatorAuthOptions,
  ) {
    super();
    this.#authenticateOptions = {
      property: 'principal',
      session: false,
      masterKeyDigest: digestText(operatorSecretOf(auth)),
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

  /** Passport calls this with every strategy's failure once none of them succeeded. */
  override handleRequest<TUser>(
    error: unknown,
    user: TUser | false | null | undefined,
    failures: unknown,
    context: ExecutionContext,
  ): TUser {
    if (error !== null && error !== undefined) {
      throw error instanceof Error ? error : new Error('an authentication strategy failed', { cause: error });
    }
    if (user !== false && user !== null && user !== undefined) {
      return user;
    }
    const code = wasAnythingShown(failures) ? 'authentication_invalid' : 'authentication_required';
    this.auth.onRefused?.(requestContextOf(context.switchToHttp().getRequest<FastifyRequest>()), code);
    throw new AppError(code, { detail: detailByCode[code] });
  }
}

const detailByCode = {
  authentication_required:
    'Authentication required: send X-Admin-Key: <master key> or Authorization: Bearer <operator token>.',
  authentication_invalid:
    'The operator credential is not valid. Check what X-Admin-Key and Authorization: Bearer carry.',
};

function wasAnythingShown(failures: unknown): boolean {
  const list: unknown[] = Array.isArray(failures) ? failures : [failures];
  return list.some(
    (failure) => typeof failure === 'object' && failure !== null && 'reason' in failure && failure.reason === 'invalid',
  );
}
