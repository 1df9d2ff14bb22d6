import fc, { type Arbitrary } from 'fast-check';

import { hostileValue, SchemaValues, type FieldHints } from './arbitrary-values.js';
import { EntityRef, singularOf } from './entity-pool.js';
import { type ApiOperation, type OpenApiDocument } from './openapi-document.js';

/** A request before ids are filled in; a body that is bytes is sent as it is. */
export interface PlannedRequest {
  readonly operation: ApiOperation;
  readonly pathValues: readonly (EntityRef | string)[];
  readonly query: readonly (readonly [name: string, value: unknown])[];
  readonly body: { readonly json: unknown } | { readonly text: string } | undefined;
  readonly contentType: string | undefined;
  readonly isAuthenticated: boolean;
  /** How far the app's clock goes on before the request. */
  readonly advanceMs: number;
}

const CONTENT_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'garbage',
  'application/json; charset=utf-16',
  'application/vnd.api+json',
];

const BROKEN_BODIES = [
  '{',
  '{"name":',
  '[]',
  'null',
  '1',
  '"text"',
  '{"name":"a"} trailing',
  '{"name":"\\ud800"}',
  '{"__proto__":{"a":1}}',
  '{"name":"a","name":"b"}',
  "{'name':'a'}",
  '\u{feff}{}',
  'name=a&budget=1',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `{"name":"${'x'.repeat(1_100_000)}"}`,
];

/** Segments that are no id; percent signs are sent as they stand. */
const ODD_SEGMENTS = ['x', '0', '%00', '%ff', '%', '..%2f', '%F0%9F%92%A9', 'x'.repeat(300), "'or'1'='1", 'null'];

const ODD_QUERY = [
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  '99999999999',
  '0x10',
  'true',
  'NaN',
  '\0',
  '%',
  '\ud83d',
  'x'.repeat(2_000),
];

/** Requests over these operations of the document. */
export function plannedRequests(
  document: OpenApiDocument,
  operations: readonly ApiOperation[],
  hints: FieldHints,
): Arbitrary<PlannedRequest> {
  const values = new SchemaValues(document, hints);
  return fc.oneof(
    ...operations.map((operation) => ({
      weight: weightOf(operation),
      arbitrary: requestsOf(operation, values, hints),
    })),
  );
}

/** What creates and changes is worth more than what reads; deletions must leave something to work on. */
function weightOf({ method, path }: ApiOperation): number {
  if (method === 'POST') return 6;
  if (method === 'PUT' || method === 'PATCH') return 4;
  return method === 'GET' && path.includes('{') ? 2 : 1;
}

function requestsOf(operation: ApiOperation, values: SchemaValues, hints: FieldHints): Arbitrary<PlannedRequest> {
  const parts = operation.path.split('/');
  const pathValues = parts.flatMap((part, index) =>
    part.startsWith('{') ? [pathValue(part.slice(1, -1), parts[index - 1] ?? '', hints)] : [],
  );
  return fc
    .record({
      pathValues: fc.tuple(...pathValues),
      query: queryOf(operation, values),
      body: bodyOf(operation, values),
      contentType: seldom(fc.constantFrom(...CONTENT_TYPES), 'application/json', 30),
      isAuthenticated: seldom(fc.constant(false), true, 40),
      advanceMs: fc.constantFrom(0, 0, 0, 1, 7, 60_000, 3_600_000),
    })
    .map((request) => ({ ...request, operation }));
}

/**
 * `/virtual-keys/{id}` takes ids of a `virtual_key`, or what is hinted of a `virtual_key_id`; `{team_id}` and `{teamId}`
 * those of a `team`; `{provider}`, which is no id, only what is hinted of it.
 */
function pathValue(name: string, segmentBefore: string, hints: FieldHints): Arbitrary<EntityRef | string> {
  const isNamedId = /.(_id|Id)$/.test(name);
  const kind = isNamedId ? name.replace(/_?id$/i, '') : singularOf(segmentBefore);
  const isId = isNamedId || name === 'id';
  const hinted = hints(name === 'id' ? `${kind}_id` : name) ?? [];
  const words = hinted.filter((hint) => typeof hint === 'string' && hint.isWellFormed());
  const ids = { weight: 16, arbitrary: fc.nat().map((pick) => new EntityRef(kind, pick)) };
  const named = words.map((word) => ({
    weight: Math.ceil(16 / words.length),
    arbitrary: fc.constant(encodeURIComponent(word as string)),
  }));
  return fc.oneof(
    ...(isId || words.length === 0 ? [ids] : []),
    ...named,
    { weight: 1, arbitrary: fc.nat().map((pick) => new EntityRef(undefined, pick)) },
    { weight: 2, arbitrary: fc.constantFrom(...ODD_SEGMENTS) },
  );
}

function queryOf(operation: ApiOperation, values: SchemaValues): Arbitrary<(readonly [string, unknown])[]> {
  const oddValue = fc.constantFrom<unknown[]>(...ODD_QUERY);
  const valuesOf = ({ name, schema, required }: ApiOperation['query'][number]) =>
    fc
      .oneof(
        { weight: required === true ? 9 : 3, arbitrary: values.of(schema, name) },
        { weight: 2, arbitrary: oddValue },
      )
      .map((value) => [name, value] as const);
  const [required, optional] = [true, false].map((isRequired) =>
    operation.query.filter((parameter) => (parameter.required === true) === isRequired).map(valuesOf),
  ) as [Arbitrary<readonly [string, unknown]>[], Arbitrary<readonly [string, unknown]>[]];
  const odd = fc
    .constantFrom(...operation.query.map(({ name }) => name), 'unknown', '__proto__', 'a[b]')
    .chain((name) => oddValue.map((value) => [name, value] as const));
  const none: (readonly [string, unknown])[] = [];
  // An odd parameter may stand beside the same known one: a name that comes twice is an array to the server.
  return fc
    .tuple(
      fc.oneof({ weight: 11, arbitrary: fc.tuple(...required) }, { weight: 1, arbitrary: fc.constant(none) }),
      seldom(
        fc.subarray(optional).chain((chosen) => fc.tuple(...chosen)),
        none,
        2,
      ),
      seldom(fc.tuple(odd), none, 12),
    )
    .map((parts) => parts.flat());
}

function bodyOf(operation: ApiOperation, values: SchemaValues): Arbitrary<PlannedRequest['body']> {
  const broken = fc.constantFrom(...BROKEN_BODIES).map((text) => ({ text }));
  const nothing = fc.constantFrom(undefined, { text: '' });
  if (operation.body === undefined)
    return fc.oneof({ weight: 12, arbitrary: nothing }, { weight: 1, arbitrary: broken });
  // The body of `PUT /budgets/{id}` is a field named `budget`; a list under `/models` is one named `models`.
  const noun = operation.path.split('/').findLast((part) => !part.startsWith('{')) ?? '';
  const field = operation.body.type === 'array' ? noun.replaceAll('-', '_') : singularOf(noun);
  const valid = values.of(operation.body, field);
  return fc.oneof(
    { weight: 24, arbitrary: valid.map((json) => ({ json })) },
    { weight: 12, arbitrary: fc.tuple(valid, fc.nat(), hostileValue).map((parts) => ({ json: spoiled(...parts) })) },
    { weight: 2, arbitrary: hostileValue.map((json) => ({ json })) },
    { weight: 3, arbitrary: broken },
    { weight: 1, arbitrary: nothing },
  );
}

/** The value with one member, at any depth, replaced; or with a member that nobody knows. */
function spoiled(value: unknown, pick: number, by: unknown): unknown {
  if (Array.isArray(value) && value.length > 0) {
    const at = pick % value.length;
    return value.with(at, spoiled(value[at], Math.floor(pick / value.length), by));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof EntityRef) return by;
  const names = [...Object.keys(value), 'a_field_nobody_knows'];
  const name = names[pick % names.length] ?? '';
  const member = (value as Record<string, unknown>)[name];
  const isNested = typeof member === 'object' && member !== null && pick % 3 !== 0;
  return { ...value, [name]: isNested ? spoiled(member, Math.floor(pick / names.length), by) : by };
}

/** One of so many times the odd value, else the usual one. */
function seldom<Odd, Usual>(odd: Arbitrary<Odd>, usual: Usual, oneOf: number): Arbitrary<Odd | Usual> {
  return fc.oneof({ weight: oneOf - 1, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
}
