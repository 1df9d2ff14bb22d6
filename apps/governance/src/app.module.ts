import { Module } from '@nestjs/common';
import { recordRefusal } from '@penstock/entities';
import { ChangesModule, KeysModule, OperatorLoginsModule, REDIS_TIMEOUT_MS, SessionCache } from '@penstock/management';
import { OperatorAuthModule, parseTokenSecrets, RedisModule } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { AlertsModule } from './alerts/alerts.module.js';
import { BudgetsModule } from './budgets/budgets.module.js';
import { GovernanceConfig } from './config.js';
import { CustomersModule } from './customers/customers.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DebugModule } from './debug/debug.module.js';
import { ExplainModule } from './explain/explain.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { ModelConfigsModule } from './model-configs/model-configs.module.js';
import { OwnersModule } from './owners/owners.module.js';
import { PoliciesModule } from './policies/policies.module.js';
import { PriceOverridesModule } from './price-overrides/price-overrides.module.js';
import { RateLimitsModule } from './rate-limits/rate-limits.module.js';
import { SharedBudgetsModule } from './shared-budgets/shared-budgets.module.js';
import { TeamsModule } from './teams/teams.module.js';
import { TenantsModule } from './tenants/tenants.module.js';
import { UsageModule } from './usage/usage.module.js';
import { VirtualKeysModule } from './virtual-keys/virtual-keys.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

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
      inject: [GovernanceConfig],
      useFactory: (config: GovernanceConfig) => ({
        hashSecret: config.PENSTOCK_KEY_HASH_SECRET,
        encryptionKeys: config.PENSTOCK_ENCRYPTION_KEYS,
      }),
    }),
    OperatorAuthModule.forRootAsync({
      inject: [GovernanceConfig, DataSource, SessionCache],
      useFactory: (config: GovernanceConfig, dataSource: DataSource, sessions: SessionCache) => ({
        masterKey: config.MASTER_KEY,
        logins: { tokenKeys: parseTokenSecrets(config.PENSTOCK_TOKEN_SECRETS), sessions },
        recordRefusal: (refusal) => recordRefusal(dataSource, refusal),
        serviceToken: config.PENSTOCK_SERVICE_TOKEN,
      }),
    }),
    ChangesModule,
    LimitsModule,
    OwnersModule,
    SharedBudgetsModule,
    CustomersModule,
    TeamsModule,
    VirtualKeysModule,
    ModelConfigsModule,
    BudgetsModule,
    RateLimitsModule,
    PriceOverridesModule,
    AlertsModule,
    WebhooksModule,
    TenantsModule,
    UsageModule,
    DebugModule,
    PoliciesModule,
    ExplainModule,
  ],
})
export class AppModule {}
