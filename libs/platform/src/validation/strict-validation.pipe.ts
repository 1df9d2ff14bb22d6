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
      assertHasFewObjects(value, location);
    }
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      throw error instanceof FoundErrors ? new ValidationFailure(issuesOf(error.errors, location)) : error;
    }
  }
}

/** More than the largest request of any API of ours; each costs a validation, and all of them run in one turn. */
const OBJECTS_MAX = 4_000;

/** Lists have bounds of their own, which class-validator checks only together with every entry. */
function assertHasFewObjects(body: unknown, location: InputLocation): void {
  const pending: unknown[] = [body];
  let count = 0;
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    count += 1;
    if (count > OBJECTS_MAX) {
      const reason = `must not hold more than ${OBJECTS_MAX} objects and lists`;
      throw new ValidationFailure([{ location, path: [], rule: 'maxObjects', reason, isMissing: false }]);
    }
    for (const entry of Object.values(value)) pending.push(entry);
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
