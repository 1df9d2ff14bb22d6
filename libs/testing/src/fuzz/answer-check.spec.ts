import { describe, expect, it } from '@jest/globals';

import { answerCheckOf } from './answer-check.js';
import type { OpenApiDocument } from './openapi-document.js';

const json = (name: string): { content: Record<string, { schema: { $ref: string } }> } => ({
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});
const jsonOrCsv = (name: string): { content: Record<string, { schema: object }> } => ({
  content: { ...json(name).content, 'text/csv': { schema: { type: 'string' } } },
});
const document = {
  openapi: '3.1.0',
  paths: {
    '/teams/{id}': {
      get: {
        responses: { '200': jsonOrCsv('Team'), '404': json('Error'), '502': json('Error'), '503': json('Error') },
      },
    },
  },
  components: {
    schemas: {
      Team: {
        type: 'object',
        properties: {
          id: { type: 'string', format: 'uuid' },
          parent: { anyOf: [{ $ref: '#/components/schemas/Team' }, { type: 'null' }] },
          labels: { type: 'object', additionalProperties: true },
        },
        required: ['id'],
      },
      Error: { type: 'object', properties: { error: { type: 'string' } }, required: ['error'] },
    },
  },
} as unknown as OpenApiDocument;

const ID = '01890000-0000-7000-8000-000000000000';

describe('the check of an answer', () => {
  const check = answerCheckOf(document);
  const of = (status: number, body: unknown, contentType = 'application/json; charset=utf-8'): string | undefined =>
    check('GET /teams/{id}', {
      status,
      contentType,
      text: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it.each<[status: number, body: unknown]>([
    [200, { id: ID }],
    [200, { id: ID, parent: { id: ID, parent: null }, labels: { any: 'thing' } }],
    [404, { error: 'There is no team.', code: 'not_found' }],
    [502, { error: 'The provider failed.' }],
  ])('passes %i %j', (status, body) => {
    expect(of(status, body)).toBeUndefined();
  });

  it.each<[status: number, body: unknown, reason: RegExp]>([
    [500, { error: 'x' }, /the server failed/],
    [503, { error: 'x' }, /the server failed/],
    [504, { error: 'x' }, /504 is not declared/],
    [502, {}, /required property 'error'/],
    [400, { error: 'x' }, /400 is not declared/],
    [200, {}, /required property 'id'/],
    [200, { id: 'no-uuid' }, /format "uuid"/],
    [200, { id: ID, name: 'x' }, /additional properties .*"name"/],
    [200, { id: ID, parent: { id: ID, name: 'x' } }, /parent/],
    [404, { error: 5 }, /must be string/],
    [200, 'text', /not JSON/],
  ])('finds fault with %i %j', (status, body, reason) => {
    expect(of(status, body)).toMatch(reason);
  });

  it('refuses a document whose schemas are none', () => {
    const Broken = { type: 'object', properties: { amount: { type: 'number', exclusiveMinimum: true } } };
    expect(() => answerCheckOf({ ...document, components: { schemas: { Broken } } })).toThrow(
      'Broken/properties/amount/exclusiveMinimum must be number',
    );
  });

  it('finds fault with another content type', () => {
    expect(of(200, { id: ID }, 'text/html')).toContain('text/html');
    expect(of(200, { id: ID }, 'text/csv; charset=utf-8')).toBeUndefined();
    expect(of(404, { error: 'x' }, 'text/csv')).toContain('text/csv');
  });
});
