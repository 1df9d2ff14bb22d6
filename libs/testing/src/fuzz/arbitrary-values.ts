import fc, { type Arbitrary } from 'fast-check';

import { EntityRef, singularOf } from './entity-pool.js';
import { type OpenApiDocument, resolved, type Schema } from './openapi-document.js';

/**
 * Values that look valid for a field of this name, where its schema says less than its rules; none: undefined. Those of
 * an object stand beside, and over, what its schema makes; the entries of `tags` are fields named `tag`.
 */
export type FieldHints = (field: string) => readonly unknown[] | undefined;

/** What fields get that a careless or hostile client sends; bigint is written digit for digit. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<unknown[]>(
      null,
      true,
      false,
      0,
      -1,
      1,
      0.5,
      -0,
      1e-9,
      1e21,
      1e308,
      2 ** 53,
      9_223_372_036_854_775_807n,
      9_223_372_036_854_775_808n,
      -9_223_372_036_854_775_808n,
      10n ** 39n,
      '',
      ' ',
      '0',
      '-1',
      'true',
      'null',
      '\0',
      'a\0b',
      '\ud800',
      '\udfffx',
      '\u202e\u200b',
      '%00',
      "'; DROP TABLE x; --",
      '../../etc/passwd',
      '{"a":1}',
      '1h',
      'x'.repeat(256),
      'x'.repeat(5_000),
      '2026-02-30T00:00:00Z',
      [],
      {},
      [null],
      [[]],
      { id: null },
      { length: 1 },
      { toString: 'x' },
      { constructor: { prototype: 1 } },
      { 'a\0b': { '\ud800': 1 } },
      { a: ['\ud800', '\0'] },
    ),
  },
  { weight: 2, arbitrary: anyEntity() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.bigInt() },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 1_000 }, (_, index) => `entry ${index}`)) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 1_001 }, () => 'x')) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 100 }).map(nestedTo) },
);

function nestedTo(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** The id of something, of any kind. */
function anyEntity(): Arbitrary<EntityRef> {
  return fc.nat().map((pick) => new EntityRef(undefined, pick));
}

/** The id of something of one kind. */
function entityOf(kind: string): Arbitrary<EntityRef> {
  return fc.nat().map((pick) => new EntityRef(kind, pick));
}

/** Optional fields that mostly come together: many of them at once are seldom valid. */
const FIELDS_TOGETHER_MAX = 3;

/** Values as a schema describes them, with the edges more often than the middle. */
export class SchemaValues {
  constructor(
    private readonly document: OpenApiDocument,
    private readonly hints: FieldHints,
  ) {}

  /** A value of the schema for a field of this name. */
  of(given: Schema, field: string): Arbitrary<unknown> {
    const schema = resolved(this.document, given);
    const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (choices !== undefined) return fc.oneof(...choices.map((choice) => this.of(choice, field)));
    const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
    const hinted = this.hints(field);
    if (hinted !== undefined && !types.includes('object')) return fc.constantFrom(...hinted);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    if (types.length === 0) return hostileValue;
    return fc.oneof(
      ...types.map((type) => ({ weight: type === 'null' ? 1 : 6, arbitrary: this.ofType(type, schema, field) })),
    );
  }

  private ofType(type: string, schema: Schema, field: string): Arbitrary<unknown> {
    switch (type) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'integer':
        return wholeNumber(schema);
      case 'number':
        return fc.oneof(wholeNumber(schema), fc.constantFrom(0.5, 0.0000001, 12.25, 1e9));
      case 'array':
        return fc.array(this.of(schema.items ?? {}, singularOf(field)), { maxLength: 3 });
      case 'object': {
        const hinted = this.hints(field);
        const made = this.ofObject(schema, field);
        if (hinted === undefined) return made;
        const overlaid = fc
          .tuple(made, fc.constantFrom(...hinted))
          .map((both) => Object.assign({}, ...both) as unknown);
        return fc.oneof(made, overlaid, ...((schema.required ?? []).length === 0 ? [fc.constantFrom(...hinted)] : []));
      }
      default:
        return text(schema, field);
    }
  }

  private ofObject({ properties, required = [] }: Schema, field: string): Arbitrary<unknown> {
    if (properties === undefined) return fc.dictionary(fc.string({ maxLength: 8 }), hostileValue, { maxKeys: 3 });
    const members = Object.entries(properties).map(
      ([name, schema]) => [name, name === 'id' ? entityOf(field) : this.of(schema, name)] as const,
    );
    const optional = members.map(([name]) => name).filter((name) => !required.includes(name));
    const few = fc.subarray(optional, { maxLength: Math.min(FIELDS_TOGETHER_MAX, optional.length) });
    return fc.record(Object.fromEntries(members)).chain((whole) =>
      fc.oneof({ weight: 3, arbitrary: few }, { weight: 1, arbitrary: fc.subarray(optional) }).map((kept) => {
        const names = new Set([...required, ...kept]);
        return Object.fromEntries(Object.entries(whole).filter(([name]) => names.has(name)));
      }),
    );
  }
}

function wholeNumber({ minimum = -10, maximum = 2 ** 53 }: Schema): Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom<(number | bigint)[]>(minimum, minimum + 1, maximum, 1, 100),
    fc.integer({ min: Math.ceil(minimum), max: Math.min(maximum, 1_000_000) }),
    ...(maximum > 1e15 ? [fc.constant(9_223_372_036_854_775_807n)] : []),
  );
}

function text({ maxLength = 40 }: Schema, field: string): Arbitrary<unknown> {
  if (field.endsWith('_id')) return entityOf(field.slice(0, -3));
  return fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: Math.min(maxLength, 40) }),
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: Math.min(maxLength, 12) }),
  );
}
