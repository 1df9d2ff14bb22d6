import {
  applyDecorators,
  Inject,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';
import { timingSafeEqual } from 'node:crypto';

import { revealSecret } from '../config/secret.js';
import { requestContextOf } from '../context/request-context.js';
import { digestText } from '../crypto/timing-safe-equal-text.js';
import { OPERATOR_AUTH_OPTIONS, type OperatorAuthOptions } from './operator-auth-options.js';
import { gatewayPrincipal } from './principal.js';
import { Public } from './public.decorator.js';
import { RefusalAudit, refusedCredential } from './refusal-audit.js';

/** Lets gateways in: `Authorization: Bearer <PENSTOCK_SERVICE_TOKEN>`. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  readonly #digest: Buffer;

  constructor(
    @Inject(OPERATOR_AUTH_OPTIONS) { serviceToken }: OperatorAuthOptions,
    private readonly refusals: RefusalAudit,
  ) {
    const token = serviceToken === undefined ? '' : revealSecret(serviceToken);
    if (token === '') {
      throw new TypeError('routes for services need a service token');
    }
    this.#digest = digestText(token);
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const header = request.headers.authorization;
    if (header === undefined || header === '') {
      throw this.refusal(request, 'authentication_required');
    }
    const [, token] = /^bearer ([^\s]+)$/i.exec(header) ?? [];
    if (token === undefined || !timingSafeEqual(digestText(token), this.#digest)) {
      throw this.refusal(request, 'authentication_invalid');
    }
    request.principal = gatewayPrincipal;
    return true;
  }

  /** Recorded as a refused operator is: it may be one who guesses. */
  private refusal(request: FastifyRequest, code: keyof typeof detailByCode): AppError {
    void this.refusals.note(requestContextOf(request), refusedCredential(code, request));
    return new AppError(code, { detail: detailByCode[code] });
  }
}

const detailByCode = {
  authentication_required: 'Authentication required: send Authorization: Bearer <service token>.',
  authentication_invalid: 'The service token is not valid.',
};

/** A route for gateways only: closed to operators, open to the service token. */
export const ServiceRoute = (): ClassDecorator & MethodDecorator =>
  applyDecorators(Public(), UseGuards(ServiceTokenGuard));
