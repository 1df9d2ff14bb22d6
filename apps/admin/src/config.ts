import { BaseConfig, PortEnv, SecretEnv, type Secret } from '@penstock/platform';

/** The environment of the admin service. */
export class AdminConfig extends BaseConfig {
  @PortEnv()
  ADMIN_PORT: number = 8003;

  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;

  /** Opens every management route, and signs operators' tokens: changing it ends every login. */
  @SecretEnv({ minLength: 16 })
  MASTER_KEY: Secret;
}
