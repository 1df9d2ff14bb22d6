import { creditEntities } from './credits/index.js';
import { LimitWindowEntity } from './limit-window.entity.js';
import { RejectedRecordEntity } from './rejected-record.entity.js';
import { SecretUseEntity } from './secret-use.entity.js';
import { UsageDailyEntity } from './usage-daily.entity.js';
import { UsageEventEntity } from './usage-event.entity.js';
import { UsageMonthlyEntity } from './usage-monthly.entity.js';
import { UsageTenantDailyEntity } from './usage-tenant-daily.entity.js';

export * from './credits/index.js';
export * from './limit-window.entity.js';
export * from './rejected-record.entity.js';
export * from './secret-use.entity.js';
export * from './usage-daily.entity.js';
export * from './usage-event.entity.js';
export * from './usage-monthly.entity.js';
export * from './usage-tenant-daily.entity.js';

/** Tables of the `ledger` schema. */
export const ledgerEntities = [
  ...creditEntities,
  LimitWindowEntity,
  RejectedRecordEntity,
  SecretUseEntity,
  UsageDailyEntity,
  UsageEventEntity,
  UsageMonthlyEntity,
  UsageTenantDailyEntity,
];
