import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';

import { parseJsonBody, type JsonBodyOptions } from './json-body.js';
import { UnreadBody } from './json-content-type.js';

/**
 * Reads JSON bodies between guards and pipes: who may not come in is told that, whatever he sent, and costs no parsing.
 */
export class JsonBodyInterceptor implements NestInterceptor {
  constructor(private readonly options: JsonBodyOptions) {}

  /** @throws AppError `request_malformed_json`, `request_invalid` */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.body instanceof UnreadBody) {
      request.body = parseJsonBody(request.body.bytes, this.options);
    }
    return next.handle();
  }
}
