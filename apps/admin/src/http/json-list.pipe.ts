import type { PipeTransform, Type } from '@nestjs/common';
import { StrictValidationPipe, ValidationFailure, type ValidationIssue } from '@penstock/platform';

const ISSUES_MAX = 100;

/** A body that is a bare list of objects: each is read by its class, and what does not fit is named by its place. */
export class JsonListPipe<T extends object> implements PipeTransform<unknown, Promise<T[]>> {
  readonly #entries = new StrictValidationPipe();

  constructor(
    private readonly entry: Type<T>,
    private readonly entriesMax: number,
  ) {}

  async transform(value: unknown): Promise<T[]> {
    if (!Array.isArray(value) || value.length > this.entriesMax) {
      throw new ValidationFailure([
        {
          location: 'body',
          path: [],
          rule: 'isArray',
          reason: `must be a list of at most ${this.entriesMax} entries`,
          isMissing: value === undefined,
        },
      ]);
    }
    const issues: ValidationIssue[] = [];
    const entries: T[] = [];
    for (const [index, item] of value.entries()) {
      try {
        entries.push((await this.#entries.transform(item, { type: 'body', metatype: this.entry })) as T);
      } catch (error) {
        if (!(error instanceof ValidationFailure)) throw error;
        issues.push(...error.issues.map((issue) => ({ ...issue, path: [String(index), ...issue.path] })));
      }
    }
    if (issues.length > 0) throw new ValidationFailure(issues.slice(0, ISSUES_MAX));
    return entries;
  }
}
