import { SecretEnv, type Secret, UrlEnv } from '@penstock/platform';

/** Where the two sides are. */
export class ReconcileConfig {
  @UrlEnv({ protocols: ['redis', 'rediss'] })
  REDIS_URL: string;

  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;
}
