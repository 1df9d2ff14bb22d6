import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { Logger } from '../logging/logger.js';
import type { Metrics } from '../metrics/metrics.js';

const clientClosedRequest = 499;
/** Probes and scrapes would drown the log. */
const unloggedRoutes = new Set(['/health', '/health/live', '/metrics']);

/** One line and one observation per request, when its response has ended. */
export function attachAccessLog(fastify: FastifyInstance, logger: Logger, metrics: Metrics): void {
  const durations = metrics.histogram({
    name: 'penstock_http_request_duration_seconds',
    help: 'Time from the request line to the last byte of the response.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const startedMs = performance.now();
    reply.raw.once('close', () => {
      const latencyMs = performance.now() - startedMs;
      const route = request.routeOptions.url ?? 'unmatched';
      const status = reply.raw.writableFinished ? reply.raw.statusCode : clientClosedRequest;
      durations.observe({ method: request.method, route, status: String(status) }, latencyMs / 1_000);
      if (!unloggedRoutes.has(route)) {
        logger.info(accessFields(request, reply, { route, status, latencyMs }), 'request');
      }
    });
    done();
  });
}

/** The whole of what is said about a request: no query, no header values but the agent's name. */
function accessFields(
  request: FastifyRequest,
  reply: FastifyReply,
  { route, status, latencyMs }: { route: string; status: number; latencyMs: number },
): Record<string, unknown> {
  return {
    requestId: request.id,
    method: request.method,
    route,
    status,
    latencyMs: Math.round(latencyMs * 10) / 10,
    responseBytes: reply.raw.getHeader('content-length') ?? null,
    actor: request.principal === null ? 'anonymous' : `${request.principal.kind}:${request.principal.id}`,
    ip: request.ip,
  };
}
