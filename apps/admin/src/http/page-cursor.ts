import { ValidationFailure } from '@penstock/platform';

const MARKS_MAX = 4;

/** Where a page of a list ends, as a text that callers give back and do not read. */
export function toCursor(marks: readonly string[]): string {
  return Buffer.from(JSON.stringify(marks)).toString('base64url');
}

/** What {@link toCursor} made a cursor of. @throws ValidationFailure for a text of any other origin. */
export function fromCursor(cursor: string, count: number, location: 'query' | 'body' = 'query'): readonly string[] {
  const marks = parse(cursor);
  if (marks === undefined || marks.length !== count) {
    throw new ValidationFailure([
      {
        location,
        path: ['cursor'],
        rule: 'isCursor',
        reason: 'is not a next_cursor of this list',
        isMissing: false,
      },
    ]);
  }
  return marks;
}

function parse(cursor: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(value) && value.length <= MARKS_MAX && value.every(isMark) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isMark(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
}
