import { Module } from '@nestjs/common';
import { connectPatiently, createDataSource } from '@penstock/entities';
import { attachDatabase, HealthRegistry, LOGGER, type Logger, revealSecret, Shutdown } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { WorkerConfig } from '../config.js';

/** Two ledger transactions, one connection for each frequent task, one for the health check. */
const POOL_MAX = 10;
const STATEMENT_TIMEOUT_MS = 30_000;

/** PostgreSQL, without which the worker lives on: jobs are tried again, sweeps go on, `/health` says degraded. */
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [WorkerConfig, HealthRegistry, Shutdown, LOGGER],
      useFactory: (
        config: WorkerConfig,
        health: HealthRegistry,
        shutdown: Shutdown,
        logger: Logger,
      ): Promise<DataSource> => {
        const dataSource = createDataSource({
          url: revealSecret(config.DATABASE_URL),
          applicationName: 'penstock-worker',
          poolMax: POOL_MAX,
          statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        });
        return attachDatabase(dataSource, connectPatiently, false, { health, shutdown, logger });
      },
    },
  ],
  exports: [DataSource],
})
export class DatabaseModule {}
