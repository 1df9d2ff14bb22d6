import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { type OpenApiDocument, operationName } from './openapi-document.js';

/** An answer as it came over the wire. */
export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

/** What the document says of an answer with one status. */
interface DeclaredAnswer {
  /** None: it has no body that the document speaks of. */
  readonly mediaTypes: readonly string[];
  /** Of a JSON body. */
  readonly validate: ValidateFunction | undefined;
}

const JSON_TYPE = 'application/json';

/** Says what is wrong with an answer to an operation, or nothing. */
export type AnswerCheck = (operation: string, answer: FuzzAnswer) => string | undefined;

/** Where the document says so, another server's failure; any other 5xx is this one's, declared or not. */
const OF_OTHERS = new Set([502, 504]);

/** Numbers beyond a double are legal answers; formats of the contract are checked, `int64` and the like are not. */
const AJV_OPTIONS = { strict: false, validateFormats: true, allErrors: false } as const;

/**
 * Compiles the document into a check: no failure of the server, every status declared, every body as its schema says. Success bodies
 * may have no field that the document does not name; errors may carry more, which the contract allows.
 *
 * @throws Error for a document with a schema that is no JSON schema.
 */
export function answerCheckOf(document: OpenApiDocument): AnswerCheck {
  const declared = new Map<string, ReadonlyMap<number, DeclaredAnswer>>();
  refuseInvalidSchemas(document);
  const open = compilerOf(document);
  const closed = compilerOf(withoutUnnamedFields(document));
  for (const [path, verbs] of Object.entries(document.paths)) {
    for (const [verb, { responses }] of Object.entries(verbs)) {
      const byStatus = Object.entries(responses).map(([status, { content }]) => {
        const hasBody = content?.[JSON_TYPE]?.schema !== undefined;
        const compile = status.startsWith('2') ? closed : open;
        const validate = hasBody ? compile(['paths', path, verb, 'responses', status]) : undefined;
        return [Number(status), { mediaTypes: Object.keys(content ?? {}), validate }] as const;
      });
      declared.set(operationName(verb, path), new Map(byStatus));
    }
  }
  return (operation, answer) => {
    if (answer.status >= 500 && !OF_OTHERS.has(answer.status)) return `${answer.status}: the server failed`;
    const { mediaTypes, validate } = declared.get(operation)?.get(answer.status) ?? {};
    if (mediaTypes === undefined) return `${answer.status} is not declared`;
    const mediaType = answer.contentType?.split(';', 1)[0] ?? '';
    if (mediaTypes.length > 0 && !mediaTypes.includes(mediaType)) return `answered ${answer.contentType}`;
    if (validate === undefined || mediaType !== JSON_TYPE) return undefined;
    let body: unknown;
    try {
      body = JSON.parse(answer.text);
    } catch {
      return 'the body is not JSON';
    }
    if (validate(body)) return undefined;
    const [first] = validate.errors ?? [];
    return `the body is not as declared: ${first?.instancePath} ${first?.message} ${JSON.stringify(first?.params)}`;
  };
}

/** Schemas of requests are never compiled, and compiling looks only at the keywords that it meets. */
function refuseInvalidSchemas({ components }: OpenApiDocument): void {
  const ajv = new Ajv2020({ ...AJV_OPTIONS, logger: false });
  for (const [name, schema] of Object.entries(components?.schemas ?? {})) {
    if (ajv.validateSchema(schema) !== true) {
      throw new Error(`the schema ${name} is not valid: ${ajv.errorsText(ajv.errors, { dataVar: name })}`);
    }
  }
}

function compilerOf(document: OpenApiDocument): (pointer: readonly string[]) => ValidateFunction {
  const ajv = new Ajv2020(AJV_OPTIONS);
  addFormats.default(ajv);
  // Known to JSON schema, not to the package: a mailbox that may hold any character.
  ajv.addFormat('idn-email', /^.+@[^@]+$/su);
  ajv.addSchema(document, 'document');
  return (pointer) => {
    const escaped = [...pointer, 'content', 'application/json', 'schema'].map((part) =>
      encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
    );
    return ajv.compile({ $ref: `document#/${escaped.join('/')}` });
  };
}

/** The document with every object closed that names its fields and does not say that there may be more. */
function withoutUnnamedFields(document: OpenApiDocument): OpenApiDocument {
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
    isObjectSchema(value) && !('additionalProperties' in value) ? { ...value, additionalProperties: false } : value,
  ) as OpenApiDocument;
}

function isObjectSchema(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { type, properties } = value as Record<string, unknown>;
  return type === 'object' && typeof properties === 'object';
}
