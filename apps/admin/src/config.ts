import {
  allowedNetworksProblems,
  BaseConfig,
  type ConfigProblem,
  CsvEnv,
  encryptionKeysProblems,
  PortEnv,
  SecretEnv,
  type Secret,
} from '@penstock/platform';

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

  /** Seals the credentials that organizations save for providers; gateways open them with the same. */
  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  /** Networks that organizations' own providers may be in although they are not public, also without TLS. */
  @CsvEnv()
  PENSTOCK_PROVIDER_ALLOWED_NETWORKS: readonly string[] = [];

  crossCheck(): ConfigProblem[] {
    return [
      ...encryptionKeysProblems(this.PENSTOCK_ENCRYPTION_KEYS),
      ...allowedNetworksProblems(this.PENSTOCK_PROVIDER_ALLOWED_NETWORKS, 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS'),
    ];
  }
}
