import { AppError } from '@penstock/domain';
import type { ValidationError } from 'class-validator';

/** Where in the request a value came from. */
export type InputLocation = 'body' | 'query' | 'path';

/** One value that is not as it must be. */
export interface ValidationIssue {
  location: InputLocation;
  path: readonly string[];
  /** The name of the rule, `isString` for instance. */
  rule: string;
  /** Completes a sentence that starts with the path: "must be a string". */
  reason: string;
  isMissing: boolean;
}

/** `validation_failed` with what each surface needs to say where. */
export class ValidationFailure extends AppError {
  constructor(readonly issues: readonly ValidationIssue[]) {
    super('validation_failed', {
      detail: `${issues.map(sentenceOf).join('; ')}.`,
      fields: issues.map(({ path, reason }) => ({ path: path.join('.'), reason })),
    });
  }
}

function sentenceOf({ path, location, reason }: ValidationIssue): string {
  return path.length === 0 ? `The request ${location} ${reason}` : `${path.join('.')} ${reason}`;
}

/** Flattens class-validator's tree into one issue per broken rule. */
export function issuesOf(
  errors: readonly ValidationError[],
  location: InputLocation,
  parents: readonly string[] = [],
): ValidationIssue[] {
  return errors.flatMap(({ property, constraints, children, value }) => {
    const path = [...parents, property];
    const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
      location,
      path,
      rule,
      reason: withoutSubject(message, property),
      isMissing: value === undefined,
    }));
    return [...own, ...issuesOf(children ?? [], location, path)];
  });
}

/** class-validator starts its messages with the property, or puts it after "each value in". */
function withoutSubject(message: string, property: string): string {
  if (message.startsWith(`${property} `)) {
    return message.slice(property.length + 1);
  }
  const each = `each value in ${property} `;
  return message.startsWith(each) ? `has a value that ${message.slice(each.length)}` : `is not valid: ${message}`;
}
