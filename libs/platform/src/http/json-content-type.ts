import type { FastifyBodyParser, FastifyInstance } from 'fastify';

import { parseJsonBody, type JsonBodyOptions } from './json-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of a JSON body, where the app keeps them. */
    rawBody?: Buffer;
  }
}

/** JSON is the only body there is; anything else is 415. */
export function useJsonBodies(fastify: FastifyInstance, options: JsonBodyOptions & { keepsRawBody: boolean }): void {
  const parse: FastifyBodyParser<Buffer> = (request, bytes, done) => {
    if (options.keepsRawBody) {
      request.rawBody = bytes;
    }
    try {
      done(null, parseJsonBody(bytes, options));
    } catch (error) {
      done(error instanceof Error ? error : new TypeError('a thrown non-error'));
    }
  };
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, parse);
  fastify.addContentTypeParser(/^application\/[\w.-]+\+json/, { parseAs: 'buffer' }, parse);
}
