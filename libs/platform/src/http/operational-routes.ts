import type { FastifyInstance } from 'fastify';

import type { HealthRegistry } from '../health/health-registry.js';
import type { Metrics } from '../metrics/metrics.js';

/** What platforms ask of a process. Plain Fastify routes: no prefix, no guard and no pipe applies to them. */
export function attachOperationalRoutes(fastify: FastifyInstance, health: HealthRegistry, metrics: Metrics): void {
  fastify.get('/health', async (_request, reply) => {
    const report = await health.report();
    const isServing = report.status === 'ok' || report.status === 'degraded';
    return reply
      .code(isServing ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(report);
  });
  /** For liveness probes: restarting a process does not bring its database back. */
  fastify.get('/health/live', async (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );
  fastify.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.text()),
  );
}
