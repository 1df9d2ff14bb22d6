import { Module } from '@nestjs/common';
import { connectPatiently, createDataSource } from '@penstock/entities';
import { HealthRegistry, LOGGER, type Logger, revealSecret, Shutdown } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { WorkerConfig } from '../config.js';

/** How long the start waits for PostgreSQL before it goes on without. */
const START_WAIT_MS = 3_000;
/** Two ledger transactions, one connection for each periodic task, one for the health check. */
const POOL_MAX = 8;

/** PostgreSQL, without which the worker lives on: jobs are tried again, sweeps go on, `/health` says degraded. */
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [WorkerConfig, HealthRegistry, Shutdown, LOGGER],
      useFactory: async (
        config: WorkerConfig,
        health: HealthRegistry,
        shutdown: Shutdown,
        logger: Logger,
      ): Promise<DataSource> => {
        const dataSource = createDataSource({
          url: revealSecret(config.DATABASE_URL),
          applicationName: 'penstock-worker',
          poolMax: POOL_MAX,
          statementTimeoutMs: 30_000,
        });
        health.register({ name: 'postgres', critical: false, check: () => dataSource.query('SELECT 1') });
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
