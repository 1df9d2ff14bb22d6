import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import { AppError } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';

import { isBookingKey, KEY_LENGTH_MAX } from './credit-fields.js';

/**
 * Parameter decorator: what makes a repetition of the request the same booking. The header goes before the field of the
 * body; undefined where there is neither, which makes every request a booking of its own.
 */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined => {
  const { headers, body } = context.switchToHttp().getRequest<FastifyRequest>();
  const header = headers['idempotency-key'];
  if (header === undefined) return keyOfBody(body);
  if (isBookingKey(header)) return header;
  throw new AppError('validation_failed', {
    fields: [{ path: 'idempotency_key', reason: `The header must be 1 to ${KEY_LENGTH_MAX} characters.` }],
  });
});

/** A route that books credits. */
export const TakesIdempotencyKey = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'The same key again is the same booking, and is answered with it.',
      schema: { type: 'string', minLength: 1, maxLength: KEY_LENGTH_MAX },
    }),
  );

/** Of a body that is valid; any other is refused by its own rules. */
function keyOfBody(body: unknown): string | undefined {
  const key = typeof body === 'object' && body !== null && 'idempotency_key' in body ? body.idempotency_key : undefined;
  return isBookingKey(key) ? key : undefined;
}
