import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard, type IAuthGuard } from '@nestjs/passport';
import { AppError } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';

import { requestContextOf } from '../context/request-context.js';
import { digestText } from '../crypto/timing-safe-equal-text.js';
import { type AuthenticateOptions, type StrategyName, strategyNames } from './authentication-strategy.js';
import { OPERATOR_AUTH_OPTIONS, operatorSecretOf, type OperatorAuthOptions } from './operator-auth-options.js';
import { RefusalAudit, refusedCredential } from './refusal-audit.js';
import { type ClosedAccess, routeAccessOf, strategiesFor } from './route-access.js';

/**
 * Decides who a request is of, on every route of the app: an operator, unless `@TeamOnly()`, `@TeamOrOperator()` or
 * `@Public()` say otherwise. A passport strategy per credential; all that are shown must be good.
 */
@Injectable()
export class CredentialGuard implements CanActivate {
  readonly #guards: Readonly<Record<StrategyName, IAuthGuard>>;

  constructor(
    private readonly reflector: Reflector,
    @Inject(OPERATOR_AUTH_OPTIONS) auth: OperatorAuthOptions,
    private readonly refusals: RefusalAudit,
  ) {
    const options: AuthenticateOptions = {
      masterKeyDigest: digestText(operatorSecretOf(auth)),
      logins: auth.logins,
      teams: auth.teams,
    };
    this.#guards = Object.fromEntries(strategyNames.map((name) => [name, guardOf(name, options)])) as Record<
      StrategyName,
      IAuthGuard
    >;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = routeAccessOf(this.reflector, context);
    if (access === 'anybody') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const strategies = strategiesFor(access, request.headers);
    try {
      if (strategies.length === 0) throw refusalOf(access, 'authentication_required');
      for (const name of strategies) {
        if ((await this.#guards[name].canActivate(context)) !== true) throw refusalOf(access, 'authentication_invalid');
      }
      return true;
    } catch (error) {
      // Nobody has come in, also where another credential was good.
      request.principal = null;
      if (error instanceof AppError) {
        const action = access === 'team' || strategies.includes('team-key') ? 'team.refused' : 'operator.refused';
        // Not waited for: a slow database must not tell refused callers apart, nor hold them.
        void this.refusals.note(requestContextOf(request), refusedCredential(error.code, request, action));
      }
      throw error;
    }
  }
}

/** Passport's guard of one strategy: true when it found who it is, an error when it could not tell. */
function guardOf(name: StrategyName, options: AuthenticateOptions): IAuthGuard {
  const authenticateOptions = { property: 'principal', session: false, ...options };
  return new (class extends AuthGuard(name) {
    override getAuthenticateOptions(): typeof authenticateOptions {
      return authenticateOptions;
    }

    override async canActivate(context: ExecutionContext): Promise<boolean> {
      await super.canActivate(context);
      return context.switchToHttp().getRequest<FastifyRequest>().principal !== null;
    }

    /** What the strategy found. That it could not tell is never a 401. */
    override handleRequest<TUser>(error: unknown, user: TUser | false | null | undefined): TUser {
      if (error !== null && error !== undefined) {
        throw error instanceof Error ? error : new Error('an authentication strategy failed', { cause: error });
      }
      return (user === false || user === undefined ? null : user) as TUser;
    }
  })();
}

function refusalOf(access: ClosedAccess, code: 'authentication_required' | 'authentication_invalid'): AppError {
  return new AppError(code, { detail: code === 'authentication_required' ? MISSING[access] : INVALID[access] });
}

const MISSING: Readonly<Record<ClosedAccess, string>> = {
  operator: 'Authentication required: send X-Admin-Key: <master key> or Authorization: Bearer <operator token>.',
  team: 'Authentication required: send Authorization: Bearer <virtual key of the team>.',
  'team or operator':
    'Authentication required: send Authorization: Bearer <virtual key of the team or operator token>, or X-Admin-Key: <master key>.',
};
const INVALID: Readonly<Record<ClosedAccess, string>> = {
  operator: 'The operator credential is not valid. Check what X-Admin-Key and Authorization: Bearer carry.',
  team: 'The virtual key is not valid. Check what Authorization: Bearer carries.',
  'team or operator': 'The credential is not valid. Check what X-Admin-Key and Authorization: Bearer carry.',
};
