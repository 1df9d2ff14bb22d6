import { Global, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { readNewestRecordedUsage } from '@penstock/entities';
import { AdmissionStore, PolicyDelivery, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { CreditHolds, CreditLedger, CreditWithdrawals, TakenCredits } from '../credits/index.js';
import { PoliciesRepository, TenantLoader } from '../policies/index.js';
import { ChangedInterceptor } from './changed.interceptor.js';
import { PolicyChanges } from './policy-changes.js';
import { REDIS_TIMEOUT_MS } from './redis-timeout.js';

/** How mutations are made and announced. */
@Global()
@Module({
  providers: [
    PolicyChanges,
    CreditHolds,
    CreditLedger,
    CreditWithdrawals,
    TakenCredits,
    PoliciesRepository,
    TenantLoader,
    { provide: APP_INTERCEPTOR, useClass: ChangedInterceptor },
    {
      provide: AdmissionStore,
      inject: [REDIS_COMMAND],
      useFactory: (redis: Redis) => new AdmissionStore(redis, { deadlineMs: REDIS_TIMEOUT_MS }),
    },
    {
      provide: PolicyDelivery,
      inject: [REDIS_COMMAND, AdmissionStore, DataSource],
      useFactory: (redis: Redis, store: AdmissionStore, dataSource: DataSource) =>
        new PolicyDelivery(redis, store, (limitKeys) => readNewestRecordedUsage(dataSource.manager, limitKeys)),
    },
  ],
  exports: [
    AdmissionStore,
    CreditHolds,
    CreditLedger,
    CreditWithdrawals,
    TakenCredits,
    PoliciesRepository,
    PolicyChanges,
    PolicyDelivery,
    TenantLoader,
  ],
})
export class ChangesModule {}
