import {
  BaseConfig,
  type ConfigProblem,
  encryptionKeysProblems,
  PortEnv,
  type Secret,
  SecretEnv,
  tokenSecretsProblems,
} from '@penstock/platform';

/** The environment of the admin service. */
export class AdminConfig extends BaseConfig {
  @PortEnv()
  ADMIN_PORT: number = 8003;

  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;

  /** Opens every management route. */
  @SecretEnv({ minLength: 16 })
  MASTER_KEY: Secret;

  /** Sign operators' tokens: the last named new ones, all of them prove what they signed. */
  @SecretEnv()
  PENSTOCK_TOKEN_SECRETS: Secret;

  /** Virtual keys are looked up by their HMAC under this secret: the same as governance's and the gateways'. */
  @SecretEnv({ minLength: 16 })
  PENSTOCK_KEY_HASH_SECRET: Secret;

  /** Seal the values of virtual keys: the same as governance's. */
  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  crossCheck(): ConfigProblem[] {
    return [
      ...tokenSecretsProblems(this.PENSTOCK_TOKEN_SECRETS),
      ...encryptionKeysProblems(this.PENSTOCK_ENCRYPTION_KEYS),
    ];
  }
}
