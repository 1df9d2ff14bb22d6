import { Module } from '@nestjs/common';
import { findOperatorSession, recordRefusal } from '@penstock/entities';
import { OperatorAuthModule } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { AdminUsersModule } from './admin-users/admin-users.module.js';
import { AdminConfig } from './config.js';
import { DatabaseModule } from './database/database.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';

@Module({
  imports: [
    DatabaseModule,
    OperatorAuthModule.forRootAsync({
      inject: [AdminConfig, DataSource],
      useFactory: (config: AdminConfig, dataSource: DataSource) => ({
        masterKey: config.MASTER_KEY,
        sessions: { find: (tokenHash, nowMs) => findOperatorSession(dataSource, tokenHash, nowMs) },
        recordRefusal: (refusal) => recordRefusal(dataSource, refusal),
      }),
    }),
    AdminUsersModule,
    OrganizationsModule,
  ],
})
export class AppModule {}
