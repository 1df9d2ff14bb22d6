import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const VERBS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** What the server itself answers before a route is asked, for requests that may have a body. */
const BODY_ANSWERS = {
  '400': 'The request is not valid; nothing was changed.',
  '413': 'The body is larger than the server accepts.',
  '415': 'The body is not JSON.',
} as const;

/**
 * Adds the answers that the server gives in every route's stead: bodies it does not read (any verb but GET, also
 * where none is expected), and addresses it cannot decode. They look like the operation's 401, so operations
 * without one are left alone.
 */
export function declareCommonAnswers(document: OpenAPIObject): void {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const verb of VERBS) {
      const operation = item[verb];
      if (operation === undefined) continue;
      if (verb !== 'get') declare(operation, BODY_ANSWERS);
      else if (path.includes('{')) declare(operation, { '400': 'The address cannot be decoded.' });
    }
  }
}

function declare({ responses }: Operation, answers: Readonly<Record<string, string>>): void {
  const known = responses['401'];
  if (known === undefined || !('content' in known)) return;
  for (const [status, description] of Object.entries(answers)) {
    responses[status] ??= { description, content: known.content };
  }
}
