import { applyDecorators, HttpCode, type Type } from '@nestjs/common';
import { ApiProperty, ApiResponse, type ApiResponseOptions, ApiSecurity } from '@nestjs/swagger';

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
  401: 'No valid credential.',
  402: 'There are no credits, or no money, left for it.',
  403: 'The role of the operator, or the team, does not permit it; nothing was changed.',
  404: 'There is no such entity.',
  409: 'Something else has happened, or is happening, that excludes it; nothing was changed.',
  422: 'The input is not valid; nothing was changed.',
  429: 'There were too many failed attempts; Retry-After says how long to wait.',
  502: 'The provider failed, or cannot be reached.',
  503: 'The database cannot be reached; nothing was changed.',
  504: 'The provider did not answer in time.',
};

/** Who may call a route: an operator with either credential, only one who is logged in, a team, or anybody. */
export type Access = 'operator' | 'logged in' | 'team' | 'team or operator' | 'anybody';

const SECURITY: Readonly<Record<Access, readonly string[]>> = {
  operator: ['adminKey', 'operatorToken'],
  'logged in': ['operatorToken'],
  team: ['teamKey'],
  'team or operator': ['teamKey', 'adminKey', 'operatorToken'],
  anybody: [],
};
const OWN_ERRORS: Readonly<Record<Access, readonly number[]>> = {
  operator: [401, 403],
  'logged in': [401],
  team: [401, 403],
  'team or operator': [401, 403],
  anybody: [],
};

/** A route's answer: 200 for every verb, as the contract has it, and the errors it may give besides those of its access. */
export function Answers(
  type: Type | [Type],
  errors: readonly number[] = [],
  access: Access = 'operator',
): MethodDecorator {
  return answers(
    Array.isArray(type) ? { status: 200, type: type[0], isArray: true } : { status: 200, type },
    errors,
    access,
  );
}

/** {@link Answers} for a route that answers a file of one of these types. */
export function AnswersFile(
  mediaTypes: readonly string[],
  errors: readonly number[] = [],
  access: Access = 'operator',
): MethodDecorator {
  const content = Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema: { type: 'string' } }]));
  return answers({ status: 200, description: 'The file.', content }, errors, access);
}

function answers(success: ApiResponseOptions, errors: readonly number[], access: Access): MethodDecorator {
  return applyDecorators(
    HttpCode(200),
    ...SECURITY[access].map((scheme) => ApiSecurity(scheme)),
    ApiResponse(success),
    ...[...OWN_ERRORS[access], ...errors, 503].map((code) =>
      ApiResponse({ status: code, type: ErrorResponse, description: DESCRIPTIONS[code] ?? '' }),
    ),
  );
}
