import {
  allowedNetworksProblems,
  BaseConfig,
  ChoiceEnv,
  type ConfigProblem,
  CsvEnv,
  encryptionKeysProblems,
  IntEnv,
  PortEnv,
  type Secret,
  SecretEnv,
  UrlEnv,
} from '@penstock/platform';

import { OPENAI_SHAPED_PROVIDERS, type OpenAiShapedProvider } from './routing/openai-shaped-providers.js';
import type { ClientGonePolicy, ProviderSettings } from './routing/providers.js';

const HTTP = { protocols: ['http', 'https'] };

/** Environment of the gateway. It knows neither the database nor the operators' key: it cannot reach what it must not. */
export class GatewayConfig extends BaseConfig {
  @PortEnv()
  GATEWAY_PORT: number = 8080;

  @UrlEnv(HTTP)
  PENSTOCK_GOVERNANCE_URL: string;

  @UrlEnv(HTTP)
  PENSTOCK_ADMIN_URL: string;

  /** Proves to governance that a gateway asks. */
  @SecretEnv({ minLength: 16 })
  PENSTOCK_SERVICE_TOKEN: Secret;

  /** Key of the hash under which virtual keys are looked up; the same in every app. */
  @SecretEnv({ minLength: 16 })
  PENSTOCK_KEY_HASH_SECRET: Secret;

  /** Opens the credentials that organizations have saved for providers; they reach the gateway sealed. */
  @SecretEnv()
  PENSTOCK_ENCRYPTION_KEYS: Secret;

  /** Networks that organizations' own providers may be in although they are not public, also without TLS. */
  @CsvEnv()
  PENSTOCK_PROVIDER_ALLOWED_NETWORKS: readonly string[] = [];

  /** How long a dead gateway's holds stay before they may be swept. Its heartbeat is four times as frequent. */
  @IntEnv({ min: 1_000, max: 600_000 })
  PENSTOCK_OWNER_TTL_MS: number = 15_000;

  /** Longest wait for one answer of Redis in the request path. Beyond it the call is refused with 503, not delayed. */
  @IntEnv({ min: 5, max: 10_000 })
  PENSTOCK_STORE_DEADLINE_MS: number = 50;

  /** Longest wait of a settled call for others before the worker hears of it. */
  @IntEnv({ min: 1, max: 600_000 })
  PENSTOCK_USAGE_FLUSH_MS: number = 50;

  @IntEnv({ min: 1, max: 1_000 })
  PENSTOCK_USAGE_BATCH_MAX: number = 256;

  /** Largest request body; a prompt of a million tokens with images is about this. */
  @IntEnv({ min: 1_024, max: 536_870_912 })
  PENSTOCK_BODY_BYTES_MAX: number = 20_971_520;

  @IntEnv({ min: 1_024, max: 536_870_912 })
  PENSTOCK_ANSWER_BYTES_MAX: number = 67_108_864;

  /** Calls that one process serves at once; beyond, 503. */
  @IntEnv({ min: 1, max: 1_000_000 })
  PENSTOCK_IN_FLIGHT_MAX: number = 10_000;

  @IntEnv({ min: 10, max: 60_000 })
  PENSTOCK_UPSTREAM_CONNECT_TIMEOUT_MS: number = 5_000;

  /** From the request to the first byte of the answer. Reasoning models think for minutes before it. */
  @IntEnv({ min: 100, max: 3_600_000 })
  PENSTOCK_UPSTREAM_FIRST_BYTE_TIMEOUT_MS: number = 600_000;

  /** Longest silence inside an answer. */
  @IntEnv({ min: 100, max: 3_600_000 })
  PENSTOCK_UPSTREAM_IDLE_TIMEOUT_MS: number = 120_000;

  /** Longest call; its hold is swept a minute later. */
  @IntEnv({ min: 1_000, max: 86_400_000 })
  PENSTOCK_CALL_TIMEOUT_MS: number = 3_600_000;

  /** How long an answer is read on after its client has left. */
  @IntEnv({ min: 0, max: 3_600_000 })
  PENSTOCK_DRAIN_MAX_MS: number = 120_000;

  /** What to do with a provider's answer when the client has left: read on for the exact usage, or stop and count. */
  @ChoiceEnv(['drain', 'abort'])
  PENSTOCK_CLIENT_GONE_POLICY: ClientGonePolicy = 'drain';

  @SecretEnv({ optional: true })
  OPENAI_API_KEY?: Secret;

  @UrlEnv({ ...HTTP, optional: true })
  OPENAI_BASE_URL?: string;

  @SecretEnv({ optional: true })
  GROQ_API_KEY?: Secret;

  @UrlEnv({ ...HTTP, optional: true })
  GROQ_BASE_URL?: string;

  @SecretEnv({ optional: true })
  DEEPSEEK_API_KEY?: Secret;

  @UrlEnv({ ...HTTP, optional: true })
  DEEPSEEK_BASE_URL?: string;

  @SecretEnv({ optional: true })
  MISTRAL_API_KEY?: Secret;

  @UrlEnv({ ...HTTP, optional: true })
  MISTRAL_BASE_URL?: string;

  /** Checks across variables. */
  crossCheck(): ConfigProblem[] {
    return [
      ...encryptionKeysProblems(this.PENSTOCK_ENCRYPTION_KEYS),
      ...allowedNetworksProblems(this.PENSTOCK_PROVIDER_ALLOWED_NETWORKS, 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS'),
      ...this.missingKeys(),
    ];
  }

  /** The providers that have a key. */
  providers(): ProviderSettings[] {
    return OPENAI_SHAPED_PROVIDERS.flatMap((provider) => {
      const apiKey = this[provider.variables.apiKey];
      return apiKey === undefined ? [] : [this.settingsOf(provider, apiKey)];
    });
  }

  /** A base URL without a key is a mistake that would otherwise show as a provider that is not configured. */
  private missingKeys(): ConfigProblem[] {
    return OPENAI_SHAPED_PROVIDERS.filter(
      ({ variables }) => this[variables.baseUrl] !== undefined && this[variables.apiKey] === undefined,
    ).map(({ variables }) => ({
      variable: variables.apiKey,
      reason: `is required because ${variables.baseUrl} is set`,
    }));
  }

  private settingsOf(provider: OpenAiShapedProvider, apiKey: Secret): ProviderSettings {
    return {
      name: provider.name,
      baseUrl: this[provider.variables.baseUrl] ?? provider.baseUrl,
      apiKey: apiKey.reveal(),
      clientGonePolicy: this.PENSTOCK_CLIENT_GONE_POLICY,
    };
  }
}
