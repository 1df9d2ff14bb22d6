import { Global, Module } from '@nestjs/common';
import { connectPatiently, createDataSource } from '@penstock/entities';
import { HealthRegistry, LOGGER, type Logger, revealSecret, Shutdown } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { AdminConfig } from '../config.js';

/** How long the start waits for PostgreSQL before it goes on without. */
const START_WAIT_MS = 3_000;
const POOL_MAX = 10;
/** A caller waits for the answer. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** PostgreSQL, without which every route answers 503 and `/health` says so. */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [AdminConfig, HealthRegistry, Shutdown, LOGGER],
      useFactory: async (
        config: AdminConfig,
        health: HealthRegistry,
        shutdown: Shutdown,
        logger: Logger,
      ): Promise<DataSource> => {
        const dataSource = createDataSource({
          url: revealSecret(config.DATABASE_URL),
          applicationName: 'penstock-admin',
          poolMax: POOL_MAX,
          statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        });
        health.register({ name: 'postgres', critical: true, check: () => dataSource.query('SELECT 1') });
        const disconnect = await connectPatiently(dataSource, {
          waitMs: START_WAIT_MS,
          onFailure: (error) => logger.warn({ err: error }, 'postgres is not reachable, trying again'),
          onConnected: () => logger.info('postgres is connected'),
        });
        shutdown.register('close', 'postgres', disconnect);
        return dataSource;
      },
    },
  ],
  exports: [DataSource],
})
export class DatabaseModule {}
