/**
 * Arrays in PostgreSQL's text form, built directly: the driver's generic encoder costs several times more per
 * value, and the worker sends some thirty columns of a thousand rows per statement.
 */

/** For numbers, bigints, booleans, UUIDs, dates: texts that need no quotes. */
export function plainArray(values: readonly (string | number | bigint | boolean | null)[]): string {
  let literal = '{';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) literal += ',';
    literal += values[index] ?? 'NULL';
  }
  return `${literal}}`;
}

const NEEDS_ESCAPE = /["\\]/;

/** For any text without NUL. */
export function textArray(values: readonly (string | null)[]): string {
  let literal = '{';
  for (let index = 0; index < values.length; index += 1) {
    if (index > 0) literal += ',';
    const value = values[index];
    if (value === null || value === undefined) literal += 'NULL';
    else literal += NEEDS_ESCAPE.test(value) ? `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `"${value}"`;
  }
  return `${literal}}`;
}
