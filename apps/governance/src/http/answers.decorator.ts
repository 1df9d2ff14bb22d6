import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiProperty, ApiResponse, ApiSecurity } from '@nestjs/swagger';

/** The error body of the governance contract. */
export class ErrorResponse {
  @ApiProperty({ type: String, description: 'What is wrong, as a sentence.' })
  error!: string;

  @ApiProperty({ type: String, description: 'Code of the catalogue.' })
  code!: string;

  @ApiProperty({ type: String })
  request_id!: string;
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; nothing was changed.',
  401: 'No valid operator credential.',
  404: 'There is no such entity.',
  409: 'It conflicts with what is there; nothing was changed.',
  503: 'The database cannot be reached; nothing was changed.',
};

/** What a route answers: its status on success, and the errors it may give besides 401 and 503. */
export function Answers(status: number, type: Type, errors: readonly number[] = []): MethodDecorator {
  return applyDecorators(
    HttpCode(status),
    ApiSecurity('adminKey'),
    ApiResponse({ status, type }),
    ...[401, ...errors, 503].map((code) =>
      ApiResponse({ status: code, type: ErrorResponse, description: DESCRIPTIONS[code] ?? '' }),
    ),
  );
}
