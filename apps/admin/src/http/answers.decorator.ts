import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiProperty, ApiResponse, ApiSecurity } from '@nestjs/swagger';

/** The error body of the admin contract. */
export class ErrorResponse {
  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'object' } }],
    description: 'What is wrong, as a sentence; for invalid input a list with type, loc and msg.',
  })
  detail!: string | Record<string, unknown>[];

  @ApiProperty({ type: String, description: 'Code of the catalogue.' })
  code!: string;

  @ApiProperty({ type: String })
  request_id!: string;
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request cannot be done as things stand; nothing was changed.',
  401: 'No valid operator credential.',
  404: 'There is no such entity.',
  422: 'The input is not valid; nothing was changed.',
  503: 'The database cannot be reached; nothing was changed.',
};

/** A route's answer: 200 for every verb, as the contract has it, and the errors it may give besides 401 and 503. */
export function Answers(type: Type | [Type], errors: readonly number[] = []): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    ApiSecurity('adminKey'),
    ApiResponse(Array.isArray(type) ? { status: 200, type: type[0], isArray: true } : { status: 200, type }),
    ...[401, ...errors, 503].map((code) =>
      ApiResponse({ status: code, type: ErrorResponse, description: DESCRIPTIONS[code] ?? '' }),
    ),
  );
}
