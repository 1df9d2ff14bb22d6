import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

import { Changed } from './changed.js';

/** Header of an answer whose change is committed but not announced to the gateways yet. */
export const PROPAGATION_HEADER = 'x-penstock-propagation';

/** Takes the body out of a {@link Changed} and tells the caller when the change is still on its way. */
@Injectable()
export class ChangedInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((answer: unknown) => {
        if (!(answer instanceof Changed)) return answer;
        if (!answer.isPropagated) {
          context.switchToHttp().getResponse<FastifyReply>().header(PROPAGATION_HEADER, 'pending');
        }
        return answer.body as unknown;
      }),
    );
  }
}
