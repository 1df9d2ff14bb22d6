import { describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';

import { declareCommonAnswers } from './common-answers.js';

describe('declareCommonAnswers', () => {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/ErrorResponse' } } };
  const guarded = { '200': { description: '' }, '401': { description: 'no credential', content } };
  const described = (path: string, verb: string, responses: object): Record<string, unknown> => {
    const document = {
      openapi: '3.1.0',
      info: { title: 't', version: '1' },
      paths: { [path]: { [verb]: { responses: { ...responses } } } },
    } as unknown as OpenAPIObject;
    declareCommonAnswers(document);
    return (document.paths[path] as Record<string, { responses: Record<string, unknown> }>)[verb]?.responses ?? {};
  };

  it.each<[path: string, verb: string, added: string[]]>([
    ['/teams', 'post', ['400', '413', '415']],
    ['/teams/{id}', 'delete', ['400', '413', '415']],
    ['/teams/{id}', 'get', ['400']],
    ['/teams', 'get', []],
  ])('%s %s gets %j, with the body of its 401', (path, verb, added) => {
    const responses = described(path, verb, guarded);
    expect(Object.keys(responses).toSorted()).toEqual(['200', '401', ...added].toSorted());
    for (const status of added) expect(responses[status]).toMatchObject({ description: expect.any(String), content });
  });

  it('leaves what an operation declares itself, and operations without a 401', () => {
    const own = { description: 'its own' };
    expect(described('/teams', 'post', { ...guarded, '400': own })['400']).toEqual(own);
    expect(Object.keys(described('/open', 'post', { '200': own }))).toEqual(['200']);
  });
});
