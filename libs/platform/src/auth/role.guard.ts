import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';

import { requestContextOf } from '../context/request-context.js';
import { LOGIN_REQUIRED, READS_ONLY, REQUIRED_ROLES } from './authority.decorators.js';
import { rolesThatMayCall, type OperatorRole } from './operator-roles.js';
import { RefusalAudit, refusedCredential } from './refusal-audit.js';

/** Decides what an operator may do. Runs after `CredentialGuard`, on every route; who is no operator is not its matter. */
@Injectable()
export class RoleGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly refusals: RefusalAudit,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { principal } = request;
    if (principal?.kind !== 'operator') {
      // A public route, a team on a route for teams, or what another guard keeps: nobody else was let through.
      return true;
    }
    if (principal.sessionId === null && this.mark(context, LOGIN_REQUIRED) === true) {
      throw new AppError('authentication_required', {
        detail: 'This address is about the account that is logged in: send Authorization: Bearer <operator token>.',
      });
    }
    const roles = rolesThatMayCall({
      method: request.method,
      isReadOnly: this.mark(context, READS_ONLY) === true,
      required: this.mark(context, REQUIRED_ROLES) as readonly OperatorRole[] | undefined,
    });
    if (roles.includes(principal.role)) {
      return true;
    }
    void this.refusals.note(requestContextOf(request), refusedCredential('role_insufficient', request));
    throw new AppError('role_insufficient', {
      detail: `An operator of role '${principal.role}' may not do this; it takes ${roles.join(' or ')}.`,
    });
  }

  /** What a decorator said of the handler, else of its controller. */
  private mark(context: ExecutionContext, key: string): unknown {
    return this.reflector.getAllAndOverride<unknown>(key, [context.getHandler(), context.getClass()]);
  }
}
