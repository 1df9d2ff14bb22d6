import { Module } from '@nestjs/common';
import { findTeamOfKey, recordRefusal } from '@penstock/entities';
import { ChangesModule, KeysModule, OperatorLoginsModule, REDIS_TIMEOUT_MS, SessionCache } from '@penstock/management';
import { KeyHasher, OperatorAuthModule, parseTokenSecrets, RedisModule } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { AdminUsersModule } from './admin-users/admin-users.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AdminConfig } from './config.js';
import { CreditsModule } from './credits/credits.module.js';
import { DatabaseModule } from './database/database.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { ModelsModule } from './models/models.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';
import { PricesModule } from './prices/prices.module.js';
import { ProviderCredentialsModule } from './provider-credentials/provider-credentials.module.js';
import { StatsModule } from './stats/stats.module.js';
import { TeamsModule } from './teams/teams.module.js';

@Module({
  imports: [
    RedisModule.forRoot({
      roles: ['command'],
      // Reads work and changes commit without Redis; the answer says that their propagation is pending.
      critical: false,
      connections: { command: { commandTimeoutMs: REDIS_TIMEOUT_MS } },
    }),
    DatabaseModule,
    OperatorLoginsModule,
    KeysModule.forRootAsync({
      inject: [AdminConfig],
      useFactory: (config: AdminConfig) => ({
        hashSecret: config.PENSTOCK_KEY_HASH_SECRET,
        encryptionKeys: config.PENSTOCK_ENCRYPTION_KEYS,
      }),
    }),
    OperatorAuthModule.forRootAsync({
      inject: [AdminConfig, DataSource, SessionCache, KeyHasher],
      useFactory: (config: AdminConfig, dataSource: DataSource, sessions: SessionCache, hasher: KeyHasher) => ({
        masterKey: config.MASTER_KEY,
        logins: { tokenKeys: parseTokenSecrets(config.PENSTOCK_TOKEN_SECRETS), sessions },
        teams: {
          keys: { find: (keyHash, nowMs) => findTeamOfKey(dataSource, keyHash, nowMs) },
          hasher,
        },
        recordRefusal: (refusal) => recordRefusal(dataSource, refusal),
      }),
    }),
    ChangesModule,
    AdminUsersModule,
    AuditModule,
    CreditsModule,
    JobsModule,
    ModelsModule,
    OrganizationsModule,
    PricesModule,
    ProviderCredentialsModule,
    StatsModule,
    TeamsModule,
  ],
})
export class AppModule {}
