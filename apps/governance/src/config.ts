import {
  allowedNetworksProblems,
  BaseConfig,
  CsvEnv,
  encryptionKeysProblems,
  PortEnv,
  SecretEnv,
  tokenSecretsProblems,
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

  /** Opens every management route. */
  @SecretEnv({ minLength: 16 })
  MASTER_KEY: Secret;

  /** Prove operators' tokens: the same as the admin app's, which signs them. */
  @SecretEnv()
  PENSTOCK_TOKEN_SECRETS: Secret;

  /** What gateways show on `/internal/*`. */
  @SecretEnv()
  PENSTOCK_SERVICE_TOKEN: Secret;

  /** Virtual keys are looked up by their HMAC under this secret: changing it disowns every key. */
  @SecretEnv({ minLength: 16 })
  PENSTOCK_KEY_HASH_SECRET: Secret;

  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  /** Networks that webhooks may go to although they are not public, also without TLS. */
  @CsvEnv()
  PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: readonly string[] = [];

  crossCheck(): ConfigProblem[] {
    return [
      ...tokenSecretsProblems(this.PENSTOCK_TOKEN_SECRETS),
      ...encryptionKeysProblems(this.PENSTOCK_ENCRYPTION_KEYS),
      ...allowedNetworksProblems(this.PENSTOCK_WEBHOOK_ALLOWED_NETWORKS),
    ];
  }
}
