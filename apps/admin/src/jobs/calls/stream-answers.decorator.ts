import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiResponse, ApiSecurity } from '@nestjs/swagger';

import { ErrorResponse } from '../../http/answers.decorator.js';

/** A route that answers a stream of chunks, or an error as JSON while nothing has been sent yet. */
export function StreamOfChunks(errors: readonly number[]): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    ApiSecurity('teamKey'),
    ApiResponse({
      status: 200,
      description:
        'First a comment with the id of the job, then the chunks of the provider as they come, then `data: [DONE]`. ' +
        'An event with `error` ends a stream that broke; no `[DONE]` follows it.',
      headers: { 'x-job-id': { description: 'Id of the job.', schema: { type: 'string', format: 'uuid' } } },
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    }),
    ...[401, 403, ...errors, 503].map((status) =>
      ApiResponse({ status, type: ErrorResponse, description: 'Nothing was sent yet.' }),
    ),
  );
}
