import { Global, Module } from '@nestjs/common';
import { connectPatiently, createDataSource } from '@penstock/entities';
import { attachDatabase, HealthRegistry, LOGGER, type Logger, revealSecret, Shutdown } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { AdminConfig } from '../config.js';

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
      useFactory: (
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
        return attachDatabase(dataSource, connectPatiently, true, { health, shutdown, logger });
      },
    },
  ],
  exports: [DataSource],
})
export class DatabaseModule {}
