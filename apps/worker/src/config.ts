import {
  allowedNetworksProblems,
  BaseConfig,
  CsvEnv,
  encryptionKeysProblems,
  IntEnv,
  PortEnv,
  SecretEnv,
  type ConfigProblem,
  type Secret,
} from '@penstock/platform';

import { LIMIT_WINDOW_RETENTION_DAYS } from './pruning/window-retention.js';

/** The worker's environment. */
export class WorkerConfig extends BaseConfig {
  @PortEnv()
  WORKER_PORT: number = 8082;

  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;

  /** Opens the signing secrets of webhooks. */
  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  /** Jobs that are worked on at once; they share few transactions (see GroupCommit), so many small ones are cheap. */
  @IntEnv({ min: 1, max: 256 })
  PENSTOCK_WORKER_CONCURRENCY: number = 16;

  /** How often holds of dead owners and forgotten outbox entries are looked for. */
  @IntEnv({ min: 50, max: 3_600_000 })
  PENSTOCK_SWEEP_INTERVAL_MS: number = 5_000;

  /** How long the heartbeat of a gateway must be missing before its holds are ended. */
  @IntEnv({ min: 0, max: 3_600_000 })
  PENSTOCK_OWNER_GRACE_MS: number = 2_000;

  /** A process that gave no sign of life for this long makes no calls of jobs any more. Signs come every 5 s. */
  @IntEnv({ min: 0, max: 3_600_000 })
  PENSTOCK_JOB_LOST_MS: number = 60_000;

  /** A job that no call was made for within this time is failed, which charges nothing. */
  @IntEnv({ min: 1_000, max: 2_147_483_647 })
  PENSTOCK_JOB_IDLE_TIMEOUT_MS: number = 86_400_000;

  /** How often policy changes are looked for that governance could not bring to Redis itself. */
  @IntEnv({ min: 50, max: 3_600_000 })
  PENSTOCK_RELAY_INTERVAL_MS: number = 1_000;

  /** How often counters of ended windows are removed from Redis. */
  @IntEnv({ min: 50, max: 86_400_000 })
  PENSTOCK_PRUNE_INTERVAL_MS: number = 600_000;

  /** How long the ledger keeps the windows of rate limits after their end, in days. Those of budgets stay for ever. */
  @IntEnv({ min: 1, max: 36_500 })
  PENSTOCK_LIMIT_WINDOW_RETENTION_DAYS: number = LIMIT_WINDOW_RETENTION_DAYS;

  /** How often budgets are looked at as a whole; those that were just used are looked at right away. */
  @IntEnv({ min: 50, max: 3_600_000 })
  PENSTOCK_BUDGET_WATCH_INTERVAL_MS: number = 60_000;

  /** How often refills and expiries of credits are looked for. */
  @IntEnv({ min: 50, max: 3_600_000 })
  PENSTOCK_CREDIT_UPKEEP_INTERVAL_MS: number = 30_000;

  /** How often webhook deliveries that are due are looked for. */
  @IntEnv({ min: 50, max: 3_600_000 })
  PENSTOCK_WEBHOOK_INTERVAL_MS: number = 1_000;

  /** Wait after the first failed attempt of a delivery; each further wait is four times as long, up to 5,760 times. */
  @IntEnv({ min: 1, max: 3_600_000 })
  PENSTOCK_WEBHOOK_RETRY_BASE_MS: number = 5_000;

  /** Attempts of a delivery before it is given up: ten take about a day. */
  @IntEnv({ min: 1, max: 100 })
  PENSTOCK_WEBHOOK_ATTEMPTS_MAX: number = 10;

  /** Networks that webhooks may go to although they are not public, also without TLS. */
  @CsvEnv()
  PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: readonly string[] = [];

  crossCheck(): ConfigProblem[] {
    return [
      ...encryptionKeysProblems(this.PENSTOCK_ENCRYPTION_KEYS),
      ...allowedNetworksProblems(this.PENSTOCK_WEBHOOK_ALLOWED_NETWORKS),
    ];
  }
}
