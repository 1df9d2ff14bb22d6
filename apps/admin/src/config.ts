import {
  allowedNetworksProblems,
  BaseConfig,
  type ConfigProblem,
  CsvEnv,
  encryptionKeysProblems,
  PortEnv,
  type Secret,
  SecretEnv,
  tokenSecretsProblems,
  UrlEnv,
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

  /** Seal virtual keys and the credentials of organizations for providers: the same as governance's and the gateways'. */
  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  /** Where calls of jobs are made. */
  @UrlEnv({ protocols: ['http', 'https'] })
  PENSTOCK_GATEWAY_URL: string;

  /** Proves to gateways that a call is part of a job. */
  @SecretEnv({ minLength: 16 })
  PENSTOCK_SERVICE_TOKEN: Secret;

  /** Networks that organizations' own providers may be in although they are not public, also without TLS. */
  @CsvEnv()
  PENSTOCK_PROVIDER_ALLOWED_NETWORKS: readonly string[] = [];

  crossCheck(): ConfigProblem[] {
    return [
      ...tokenSecretsProblems(this.PENSTOCK_TOKEN_SECRETS),
      ...encryptionKeysProblems(this.PENSTOCK_ENCRYPTION_KEYS),
      ...allowedNetworksProblems(this.PENSTOCK_PROVIDER_ALLOWED_NETWORKS, 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS'),
    ];
  }
}
