/** A JSON schema as far as the generator reads it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema?: Schema }>> }>>;
}

/** An OpenAPI 3.1 document as an app serves it at `/openapi.json`. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** One verb at one address. */
export interface ApiOperation {
  /** `PUT /api/governance/teams/{id}`; names the operation in reports. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly query: readonly Parameter[];
  readonly body: Schema | undefined;
  /** Names of the schemes of credentials, any of which opens it; none: everybody may call. */
  readonly credentials: readonly string[];
}

/** Every operation, in the document's order. */
export function operationsOf(document: OpenApiDocument): ApiOperation[] {
  return Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({
      name: operationName(verb, path),
      method: verb.toUpperCase(),
      path,
      query: (operation.parameters ?? []).filter((parameter) => parameter.in === 'query'),
      body: operation.requestBody?.content['application/json']?.schema,
      credentials: (operation.security ?? []).flatMap((scheme) => Object.keys(scheme)),
    })),
  );
}

/** How reports name an operation. */
export function operationName(verb: string, path: string): string {
  return `${verb.toUpperCase()} ${path}`;
}

/** The schema behind a reference; others are their own. */
export function resolved(document: OpenApiDocument, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const target = document.components?.schemas?.[schema.$ref.replace('#/components/schemas/', '')];
  if (target === undefined) throw new Error(`the document refers to ${schema.$ref}, which it does not have`);
  return resolved(document, target);
}
