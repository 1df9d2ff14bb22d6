import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, catalogue } from '@penstock/domain';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { RouteTable } from '../http/route-table.js';
import type { Logger } from '../logging/logger.js';
import { reportError, type ErrorReport } from './error-report.js';
import { renderError, surfaceAt, type ErrorSurface } from './surfaces.js';

/** The one place where an exception becomes a response. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly surface: ErrorSurface,
    private readonly routes: RouteTable,
    private readonly logger: Logger,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also called for what Fastify refuses before any route is found. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const report = this.reportWithMethods(thrown, request);
    this.log(report, thrown, request);
    if (reply.sent || reply.raw.headersSent) {
      // A response that has begun cannot turn into an error: cut it, so that the client sees it is incomplete.
      reply.raw.destroy();
      return;
    }
    const { status, body } = renderError(surfaceAt(this.surface, request.url), report, request.id, request.headers);
    // Fastify would close the connection under a client that is still sending and may then never read why. What
    // arrives is discarded instead, for as long as any request may take.
    if (status === 413) reply.removeHeader('connection');
    void reply
      .code(status)
      .headers({ ...report.headers, 'content-type': 'application/json; charset=utf-8' })
      .send(body);
  }

  /** The router knows one kind of miss; whether the address exists for another verb is found here. */
  private reportWithMethods(thrown: unknown, request: FastifyRequest): ErrorReport {
    const report = reportError(thrown);
    if (report.error.code !== 'not_found' || thrown instanceof AppError || !request.is404) {
      return report;
    }
    const methods = this.routes.methodsAt(request.url);
    // The verb itself is there when only the id in the address is impossible.
    if (methods.length === 0 || methods.includes(request.method)) {
      return report;
    }
    const allow = methods.join(', ');
    return reportError(
      new AppError('method_not_allowed', {
        detail: `${request.method} is not possible here, only ${allow}.`,
        data: { allow },
      }),
    );
  }

  private log({ error, status, isFault }: ErrorReport, thrown: unknown, request: FastifyRequest): void {
    if (!isFault) {
      return;
    }
    const level = catalogue[error.code].logLevel;
    this.logger[level](
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status,
        code: error.code,
        err: thrown,
      },
      'request failed',
    );
  }
}
