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
import { digestText } from '../crypto/timing-safe-equal-text.js';
import { OPERATOR_AUTH_OPTIONS, type OperatorAuthOptions } from './operator-auth-options.js';
import { gatewayPrincipal } from './principal.js';
import { Public } from './public.decorator.js';

/** Lets gateways in: `Authorization: Bearer <PENSTOCK_SERVICE_TOKEN>`. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  readonly #digest: Buffer;

  constructor(@Inject(OPERATOR_AUTH_OPTIONS) { serviceToken }: OperatorAuthOptions) {
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
      throw new AppError('authentication_required', {
        detail: 'Authentication required: send Authorization: Bearer <service token>.',
      });
    }
    const [, token] = /^bearer ([^\s]+)$/i.exec(header) ?? [];
    if (token === undefined || !timingSafeEqual(digestText(token), this.#digest)) {
      throw new AppError('authentication_invalid', { detail: 'The service token is not valid.' });
    }
    request.principal = gatewayPrincipal;
    return true;
  }
}

/** A route for gateways only: closed to operators, open to the service token. */
export const ServiceRoute = (): ClassDecorator & MethodDecorator =>
  applyDecorators(Public(), UseGuards(ServiceTokenGuard));
