import { type ConfigProblem, encryptionKeysProblems, SecretEnv, type Secret } from '@penstock/platform';

/** Where the secrets are, and the keys that they are and shall be sealed with. */
export class RotateSecretsConfig {
  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;

  /** The last one seals. */
  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  crossCheck(): ConfigProblem[] {
    return encryptionKeysProblems(this.PENSTOCK_ENCRYPTION_KEYS);
  }
}
