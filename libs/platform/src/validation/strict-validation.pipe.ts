import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

import { issuesOf, ValidationFailure, type InputLocation } from '../errors/validation-failure.js';

const locationByArgument: Readonly<Record<string, InputLocation>> = {
  body: 'body',
  query: 'query',
  param: 'path',
};

/** Carries class-validator's findings from the factory, which does not know the argument, to where it is known. */
class FoundErrors extends Error {
  constructor(readonly errors: ValidationError[]) {
    super('validation failed');
  }
}

/**
 * The global pipe: unknown fields are dropped, nothing is converted unless a DTO says so, and what does not fit
 * is a `ValidationFailure` with its place in the request.
 */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      transformOptions: { enableImplicitConversion: false, exposeUnsetFields: false },
      whitelist: true,
      exceptionFactory: (errors) => new FoundErrors(errors),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const location = locationByArgument[metadata.type] ?? 'body';
    if (metadata.type === 'body' && this.toValidate(metadata) && metadata.metatype !== undefined) {
      assertIsObject(value, location);
    }
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      throw error instanceof FoundErrors ? new ValidationFailure(issuesOf(error.errors, location)) : error;
    }
  }
}

/** An absent body counts as an empty object: the DTO's own rules say what is missing. */
function assertIsObject(value: unknown, location: InputLocation): void {
  if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) {
    throw new ValidationFailure([
      { location, path: [], rule: 'isObject', reason: 'must be a JSON object', isMissing: false },
    ]);
  }
}
