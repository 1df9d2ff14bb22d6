import 'reflect-metadata';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';

import { allEntities } from './entities.js';
import { migrations } from './migrations/index.js';

/** How to reach PostgreSQL. */
export interface DatabaseSettings {
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Connections of this process. */
  readonly poolMax?: number;
  /** A statement that runs longer is cancelled by the server: no request hangs on the database. 0 turns it off. */
  readonly statementTimeoutMs?: number;
}

/** Options of the data source; the schema is only ever changed by migrations. */
export function dataSourceOptions(settings: DatabaseSettings): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.url,
    applicationName: settings.applicationName,
    entities: allEntities,
    migrations: [...migrations],
    migrationsTableName: 'penstock_migrations',
    synchronize: false,
    logging: false,
    connectTimeoutMS: 5_000,
    extra: {
      max: settings.poolMax ?? 10,
      statement_timeout: settings.statementTimeoutMs ?? 10_000,
      idle_in_transaction_session_timeout: 30_000,
    },
  };
}

/** A data source that is not connected yet. */
export function createDataSource(settings: DatabaseSettings): DataSource {
  return new DataSource(dataSourceOptions(settings));
}
