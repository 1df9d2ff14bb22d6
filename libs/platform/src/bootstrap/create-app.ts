import 'reflect-metadata';

import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SystemClock, type Clock } from '@penstock/domain';

import '../auth/principal.js';
import { BaseConfig } from '../config/base-config.js';
import { ErrorFilter } from '../errors/error.filter.js';
import type { ErrorSurface } from '../errors/surfaces.js';
import { HealthRegistry } from '../health/health-registry.js';
import { attachAccessLog } from '../http/access-log.js';
import { attachOperationalRoutes } from '../http/operational-routes.js';
import { JsonBodyInterceptor } from '../http/json-body.interceptor.js';
import { useJsonBodies } from '../http/json-content-type.js';
import { RouteTable } from '../http/route-table.js';
import { serverOptions, type ServerLimits } from '../http/server-options.js';
import { createLogger, type Logger } from '../logging/logger.js';
import { NestLogger } from '../logging/nest-logger.js';
import { Metrics } from '../metrics/metrics.js';
import { HttpDrain } from '../shutdown/http-drain.js';
import { Shutdown } from '../shutdown/shutdown.js';
import { StrictValidationPipe } from '../validation/strict-validation.pipe.js';
import { PlatformModule } from './platform.module.js';

/** What an app is. */
export interface AppOptions extends ServerLimits {
  name: string;
  module: Type | DynamicModule;
  config: BaseConfig;
  /** The error envelope of its API. */
  surface: ErrorSurface;
  /** Default 1 MiB. */
  bodyLimitBytes?: number;
  /** Whether each request gets a log line and a duration. Default true; the gateway has its own. */
  hasAccessLog?: boolean;
  /** Keeps the bytes of a JSON body as `request.rawBody`. */
  keepsRawBody?: boolean;
  /** Whole numbers of a JSON body that a double would round arrive as bigint. */
  keepsLargeIntegers?: boolean;
  /** Last chance before the routes are made: prefixes, CORS, raw Fastify routes, OpenAPI. */
  configure?: (app: NestFastifyApplication) => void | Promise<void>;
  clock?: Clock;
  logger?: Logger;
}

/** An app that is ready to listen, and how to leave it. */
export interface CreatedApp {
  app: NestFastifyApplication;
  logger: Logger;
  health: HealthRegistry;
  /** Complete once the app listens. */
  routes: RouteTable;
  /** Waits for requests, runs every shutdown hook and closes. Nest's own `app.close()` runs no hook of ours. */
  leave: () => Promise<void>;
  /** {@link leave} without the delay and the linger: for tests. */
  close: () => Promise<void>;
}

/** How long a leaving process keeps idle connections, on which a client may just be sending its next request. */
const lingerMs = 500;

@Module({})
class RootModule {}

/** Builds the app without listening, which is what tests need. `bootstrap` is this plus a process around it. */
export async function createApp(options: AppOptions): Promise<CreatedApp> {
  const { config, name, surface, clock = new SystemClock() } = options;
  const logger = options.logger ?? createLogger(name, { level: config.PENSTOCK_LOG_LEVEL });
  const shutdown = new Shutdown(logger);
  const metrics = new Metrics(name);
  const health = new HealthRegistry(name, logger, () => shutdown.isDraining);
  const routes = new RouteTable();
  const errors = new ErrorFilter(surface, routes, logger);

  const adapter = new FastifyAdapter(serverOptions(options, errors));
  const fastify = adapter.getInstance();
  const drain = new HttpDrain(fastify.server, shutdown);
  drain.attach(fastify);
  routes.attach(fastify);
  fastify.decorateRequest('principal', null);
  fastify.decorateRequest('receivedAtMs', 0);
  fastify.addHook('onRequest', (request, reply, done) => {
    request.receivedAtMs = clock.now();
    reply.header('x-request-id', request.id);
    done();
  });
  if (options.hasAccessLog ?? true) {
    attachAccessLog(fastify, logger, metrics);
  }
  metrics.gauge({
    name: 'penstock_http_requests_in_flight',
    help: 'Requests whose response has not ended.',
    collect() {
      this.set(drain.inFlight);
    },
  });

  const platform = PlatformModule.with({ config, logger, clock, metrics, health, shutdown });
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: RootModule, imports: [platform, options.module] },
    adapter,
    { bodyParser: false, abortOnError: false, logger: new NestLogger(logger) },
  );
  useJsonBodies(fastify, { keepsRawBody: options.keepsRawBody ?? false });
  app.useGlobalInterceptors(
    new JsonBodyInterceptor({
      keepsLargeIntegers: options.keepsLargeIntegers ?? false,
      // A gateway forwards what it gets; elsewhere deep nesting only serves to exhaust the stack, and a megabyte of
      // empty objects to keep the process busy with validating them for seconds.
      ...(surface === 'gateway' ? {} : { depthMax: 64, membersMax: 10_000, entriesMax: 60_000 }),
    }),
  );
  app.useGlobalPipes(new StrictValidationPipe());
  app.useGlobalFilters(errors);
  attachOperationalRoutes(fastify, health, metrics);
  await options.configure?.(app);

  const closeNest = app.close.bind(app);
  const leaveWithin = (delayMs: number, idleMs: number): Promise<void> =>
    shutdown.run(
      drain.drainable(() => closeNest()),
      { delayMs, lingerMs: idleMs, graceMs: config.PENSTOCK_SHUTDOWN_GRACE_MS },
    );
  await app.init();
  return {
    app,
    logger,
    health,
    routes,
    leave: () => leaveWithin(config.PENSTOCK_SHUTDOWN_DELAY_MS, lingerMs),
    close: () => leaveWithin(0, 0),
  };
}
