import { BaseConfig, IntEnv, PortEnv, SecretEnv, type Secret } from '@penstock/platform';

/** The worker's environment. */
export class WorkerConfig extends BaseConfig {
  @PortEnv()
  WORKER_PORT: number = 8082;

  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;

  /** Jobs that are worked on at once; they share few transactions (see GroupCommit), so many small ones are cheap. */
  @IntEnv({ min: 1, max: 256 })
  PENSTOCK_WORKER_CONCURRENCY: number = 16;

  /** How often holds of dead owners and forgotten outbox entries are looked for. */
  @IntEnv({ min: 50, max: 3_600_000 })
  PENSTOCK_SWEEP_INTERVAL_MS: number = 5_000;

  /** How long the heartbeat of a gateway must be missing before its holds are ended. */
  @IntEnv({ min: 0, max: 3_600_000 })
  PENSTOCK_OWNER_GRACE_MS: number = 2_000;

  /** How often policy changes are looked for that governance could not bring to Redis itself. */
  @IntEnv({ min: 50, max: 3_600_000 })
  PENSTOCK_RELAY_INTERVAL_MS: number = 1_000;

  /** How often counters of ended windows are removed from Redis. */
  @IntEnv({ min: 50, max: 86_400_000 })
  PENSTOCK_PRUNE_INTERVAL_MS: number = 600_000;
}
