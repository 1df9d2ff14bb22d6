import { IntEnv, SecretEnv, type Secret, UrlEnv } from '@penstock/platform';

import { LIMIT_WINDOW_RETENTION_DAYS } from '../pruning/window-retention.js';

/** Where the two sides are, and what they may have forgotten. */
export class ReconcileConfig {
  @UrlEnv({ protocols: ['redis', 'rediss'] })
  REDIS_URL: string;

  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;

  /** As the worker has it: windows of rate limits that ended longer ago may be gone from the ledger. */
  @IntEnv({ min: 1, max: 36_500 })
  PENSTOCK_LIMIT_WINDOW_RETENTION_DAYS: number = LIMIT_WINDOW_RETENTION_DAYS;
}
