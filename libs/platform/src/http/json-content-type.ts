import type { FastifyBodyParser, FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The bytes of a JSON body, where the app keeps them. */
    rawBody?: Buffer;
  }
}

/** A body as it arrived. `JsonBodyInterceptor` puts its value in its place once the guards have let the caller in. */
export class UnreadBody {
  constructor(readonly bytes: Buffer) {}
}

/** JSON is the only body there is; anything else is 415. */
export function useJsonBodies(fastify: FastifyInstance, { keepsRawBody }: { readonly keepsRawBody: boolean }): void {
  const take: FastifyBodyParser<Buffer> = (request, bytes, done) => {
    if (keepsRawBody) {
      request.rawBody = bytes;
    }
    done(null, new UnreadBody(bytes));
  };
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, take);
  fastify.addContentTypeParser(/^application\/[\w.-]+\+json/, { parseAs: 'buffer' }, take);
}
