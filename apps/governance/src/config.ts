import {
  BaseConfig,
  EncryptionKeyringError,
  parseEncryptionKeys,
  PortEnv,
  SecretEnv,
  type ConfigProblem,
  type Secret,
} from '@penstock/platform';

/** The environment of the governance service. */
export class GovernanceConfig extends BaseConfig {
  @PortEnv()
  GOVERNANCE_PORT: number = 8081;

  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;

  /** Opens every management route, and proves operators' tokens: the same as the admin app's. */
  @SecretEnv()
  MASTER_KEY: Secret;

  /** What gateways show on `/internal/*`. */
  @SecretEnv()
  PENSTOCK_SERVICE_TOKEN: Secret;

  /** Virtual keys are looked up by their HMAC under this secret: changing it disowns every key. */
  @SecretEnv({ minLength: 16 })
  PENSTOCK_KEY_HASH_SECRET: Secret;

  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  crossCheck(): ConfigProblem[] {
    try {
      parseEncryptionKeys(this.PENSTOCK_ENCRYPTION_KEYS);
      return [];
    } catch (error) {
      if (!(error instanceof EncryptionKeyringError)) throw error;
      return [{ variable: 'PENSTOCK_ENCRYPTION_KEYS', reason: error.message }];
    }
  }
}
