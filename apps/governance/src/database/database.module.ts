import { Global, Module } from '@nestjs/common';
import { connectPatiently, createDataSource } from '@penstock/entities';
import { attachDatabase, HealthRegistry, LOGGER, type Logger, revealSecret, Shutdown } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { GovernanceConfig } from '../config.js';

const POOL_MAX = 20;
/** A caller waits for the answer; the gateway's own deadline for a policy is shorter still. */
const STATEMENT_TIMEOUT_MS = 10_000;

/** PostgreSQL, without which every route answers 503 and `/health` says so. */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [GovernanceConfig, HealthRegistry, Shutdown, LOGGER],
      useFactory: (
        config: GovernanceConfig,
        health: HealthRegistry,
        shutdown: Shutdown,
        logger: Logger,
      ): Promise<DataSource> => {
        const dataSource = createDataSource({
          url: revealSecret(config.DATABASE_URL),
          applicationName: 'penstock-governance',
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
