import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * Leaves request bodies on the socket: `/v1` reads them itself, with its own limits and in the caller's error
 * dialect, and `/api` streams them on to the services.
 */
export function passBodiesThrough(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
}
