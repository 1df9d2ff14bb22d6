import { Module } from '@nestjs/common';
import { findOperatorSession, recordRefusal } from '@penstock/entities';
import { ChangesModule, REDIS_TIMEOUT_MS } from '@penstock/management';
import { OperatorAuthModule, RedisModule } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { AdminUsersModule } from './admin-users/admin-users.module.js';
import { AdminConfig } from './config.js';
import { DatabaseModule } from './database/database.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';
import { PricesModule } from './prices/prices.module.js';

@Module({
  imports: [
    RedisModule.forRoot({
      roles: ['command'],
      // Reads work and changes commit without Redis; the answer says that their propagation is pending.
      critical: false,
      connections: { command: { commandTimeoutMs: REDIS_TIMEOUT_MS } },
    }),
    DatabaseModule,
    OperatorAuthModule.forRootAsync({
      inject: [AdminConfig, DataSource],
      useFactory: (config: AdminConfig, dataSource: DataSource) => ({
        masterKey: config.MASTER_KEY,
        sessions: { find: (tokenHash, nowMs) => findOperatorSession(dataSource, tokenHash, nowMs) },
        recordRefusal: (refusal) => recordRefusal(dataSource, refusal),
      }),
    }),
    ChangesModule,
    AdminUsersModule,
    OrganizationsModule,
    PricesModule,
  ],
})
export class AppModule {}
