import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiResponse, ApiSecurity, getSchemaPath } from '@nestjs/swagger';

/** One field of a request that is not as it must be. */
class FieldError {
  @ApiProperty({ type: String, description: 'Dotted: budget.max_limit.' })
  path!: string;

  @ApiProperty({ type: String })
  reason!: string;
}

/** The error body of the governance contract. */
export class ErrorResponse {
  @ApiProperty({ type: String, description: 'What is wrong, as a sentence.' })
  error!: string;

  @ApiProperty({ type: String, description: 'Code of the catalogue.' })
  code!: string;

  @ApiProperty({ type: String })
  request_id!: string;

  @ApiProperty({ type: String, description: 'What would help.' })
  remedy!: string;

  @ApiProperty({ type: [FieldError], required: false, description: 'Which fields are not valid, and why.' })
  fields?: FieldError[];
}

/** A child that keeps its owner from being deleted. */
class StillInUseChild {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;
}

/** 409 to the deletion of an owner, with what still belongs to it. */
export class ConflictResponse extends ErrorResponse {
  @ApiProperty({ type: [StillInUseChild], required: false })
  teams?: StillInUseChild[];

  @ApiProperty({ type: [StillInUseChild], required: false })
  virtual_keys?: StillInUseChild[];
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; nothing was changed.',
  401: 'No valid operator credential.',
  403: 'The role of the operator does not permit it; nothing was changed.',
  404: 'There is no such entity.',
  409: 'It conflicts with what is there; nothing was changed.',
  503: 'The database cannot be reached; nothing was changed.',
};

/** What a route answers: its status on success, and the errors it may give besides 401, 403 and 503. */
export function Answers(status: number, type: Type | readonly Type[], errors: readonly number[] = []): MethodDecorator {
  return applyDecorators(
    HttpCode(status),
    ApiSecurity('adminKey'),
    ApiSecurity('operatorToken'),
    answer(status, type),
    ...[401, 403, ...errors, 503].map((code) =>
      answer(code, code === 409 ? ConflictResponse : ErrorResponse, DESCRIPTIONS[code] ?? ''),
    ),
  );
}

/** An answer with a body of one type, or of one of several. */
export function answer(status: number, type: Type | readonly Type[], description = ''): MethodDecorator {
  if (typeof type === 'function') return ApiResponse({ status, type, description });
  const schema = { oneOf: type.map((one) => ({ $ref: getSchemaPath(one) })) };
  return applyDecorators(ApiExtraModels(...type), ApiResponse({ status, schema, description }));
}
