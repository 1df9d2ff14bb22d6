import type { FastifyInstance } from 'fastify';

/** As much as a gateway takes unless told otherwise: a prompt of a million tokens with images is about this. */
const PROMPT_BYTES_MAX = 20_971_520;

/** Lets the routes that take prompts have bodies larger than those of management. To be called before routes are made. */
export function takePrompts(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.method === 'POST' && route.url.startsWith('/api/jobs/')) route.bodyLimit = PROMPT_BYTES_MAX;
  });
}
