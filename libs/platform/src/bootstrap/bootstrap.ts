import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { errorFields } from '../logging/error-fields.js';
import { createLogger, type Logger } from '../logging/logger.js';
import { createApp, type AppOptions } from './create-app.js';

/** How long past its own deadlines a shutdown may take before the process ends regardless. */
const watchdogSlackMs = 15_000;

/** One Ctrl-C may arrive twice: from the terminal and from the parent that passes it on. */
const sameKeyPressMs = 1_000;

/** Runs an app as the process: listens, and leaves in order on SIGTERM or SIGINT. Ends the process on failure. */
export async function bootstrap(options: AppOptions & { port: number }): Promise<NestFastifyApplication> {
  const { config, name, port } = options;
  const logger = options.logger ?? createLogger(name, { level: config.PENSTOCK_LOG_LEVEL });
  endOnUnexpected(logger);
  try {
    const { app, leave } = await createApp({ ...options, logger });
    await app.listen({ port, host: config.PENSTOCK_HOST });
    leaveOnSignal(
      leave,
      config.PENSTOCK_SHUTDOWN_DELAY_MS + config.PENSTOCK_SHUTDOWN_GRACE_MS + watchdogSlackMs,
      logger,
    );
    const address: unknown = app.getHttpServer().address();
    logger.info({ port: portOf(address) ?? port, host: config.PENSTOCK_HOST }, 'listening');
    return app;
  } catch (error) {
    logger.fatal({ port, err: error }, startFailure(error, port));
    process.exit(1);
  }
}

function startFailure(error: unknown, port: number): string {
  const code = errorFields(error).code;
  return code === 'EADDRINUSE' ? `port ${port} is taken, choose another or stop what uses it` : 'could not start';
}

function portOf(address: unknown): number | undefined {
  const port = typeof address === 'object' && address !== null && 'port' in address ? address.port : undefined;
  return typeof port === 'number' ? port : undefined;
}

function leaveOnSignal(leave: () => Promise<void>, watchdogMs: number, logger: Logger): void {
  let leavingSinceMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (leavingSinceMs !== undefined) {
      if (signal === 'SIGINT' && performance.now() - leavingSinceMs > sameKeyPressMs) {
        logger.warn({ signal }, 'interrupted again, leaving at once');
        process.exit(130);
      }
      return;
    }
    leavingSinceMs = performance.now();
    logger.info({ signal }, 'shutting down');
    setTimeout(() => {
      logger.fatal({ watchdogMs }, 'the shutdown did not end, leaving anyway');
      process.exit(1);
    }, watchdogMs).unref();
    void leave().then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.fatal({ err: error }, 'the shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** State after an error nobody handled is unknown; holds and queues survive a crash, so crash. */
function endOnUnexpected(logger: Logger): void {
  const end = (kind: string) => (error: unknown) => {
    logger.fatal({ err: error }, kind);
    process.exit(1);
  };
  process.on('unhandledRejection', end('unhandled rejection'));
  process.on('uncaughtException', end('uncaught exception'));
}
