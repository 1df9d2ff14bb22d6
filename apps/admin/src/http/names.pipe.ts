import { Injectable, type PipeTransform } from '@nestjs/common';
import { ValidationFailure, type ValidationIssue } from '@penstock/platform';

import { isNaming, NAMES_MAX } from './is-storable.decorator.js';

/** `@Body(NamesPipe)`: a body that is a bare array of names, as the contract has it for the groups of a team. */
@Injectable()
export class NamesPipe implements PipeTransform<unknown, readonly string[]> {
  transform(value: unknown): readonly string[] {
    if (!Array.isArray(value)) throw new ValidationFailure([issue([], 'isArray', 'must be a JSON array of names')]);
    if (value.length > NAMES_MAX) {
      throw new ValidationFailure([issue([], 'maxLength', `must hold at most ${NAMES_MAX} names`)]);
    }
    const wrong = value.flatMap((name, index) => (isNaming(name) ? [] : [String(index)]));
    if (wrong.length === 0) return value as string[];
    throw new ValidationFailure(
      wrong.map((index) => issue([index], 'isString', 'must be a name of 1 to 255 characters')),
    );
  }
}

function issue(path: readonly string[], rule: string, reason: string): ValidationIssue {
  return { location: 'body', path, rule, reason, isMissing: false };
}
