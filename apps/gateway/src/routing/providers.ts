import { AppError, type ConfiguredProviders } from '@penstock/domain';
import type { Pool } from 'undici';

import { createPool, type UpstreamDeadlines } from './create-pool.js';

/** What to do with the upstream when the client has left. */
export type ClientGonePolicy = 'drain' | 'abort';

/** Where calls to a provider go, and with which key. */
export interface ProviderSettings {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly clientGonePolicy: ClientGonePolicy;
}

/** A provider that calls can be sent to: an OpenAI-shaped API behind pooled connections. */
export class Provider {
  readonly name: string;
  readonly baseUrl: string;
  readonly clientGonePolicy: ClientGonePolicy;
  /** Header of every request; the credential is ours or the organization's, never the caller's. */
  readonly authorization: string;
  private readonly basePath: string;

  /**
   * @param poolOf gives the connections to use for one request.
   * @param credentialId of the organization's credential; null for the gateway's own.
   */
  constructor(
    settings: ProviderSettings,
    private readonly poolOf: () => Pool,
    private readonly credentialId: string | null = null,
  ) {
    this.name = settings.name;
    this.baseUrl = settings.baseUrl;
    this.clientGonePolicy = settings.clientGonePolicy;
    this.authorization = `Bearer ${settings.apiKey}`;
    this.basePath = new URL(settings.baseUrl).pathname.replace(/\/+$/, '');
  }

  /** Connections to its origin. */
  get pool(): Pool {
    return this.poolOf();
  }

  path(suffix: string): string {
    return this.basePath + suffix;
  }

  /** What a caller reads when the provider refused the credential: forwarded, it would read as if his key were wrong. */
  credentialRefusal(status: number): AppError {
    return this.credentialId === null
      ? new AppError('upstream_unreachable', {
          detail: `The provider '${this.name}' refused the gateway's own credential (status ${status}). Your virtual key is fine; tell the operator.`,
        })
      : new AppError('provider_credential_refused', {
          detail: `The provider '${this.name}' refused the credential '${this.credentialId}' of your organization (status ${status}). Your virtual key is fine; tell the operator.`,
        });
  }
}

/** The providers that the environment of this gateway configures. */
export class ProviderRegistry implements ConfiguredProviders {
  private readonly providers: ReadonlyMap<string, Provider>;
  private readonly pools: Pool[] = [];

  constructor(settings: readonly ProviderSettings[], deadlines: UpstreamDeadlines) {
    this.providers = new Map(
      settings.map((one) => {
        const pool = createPool(new URL(one.baseUrl).origin, deadlines);
        this.pools.push(pool);
        return [one.name, new Provider(one, () => pool)];
      }),
    );
  }

  get(name: string): Provider | undefined {
    return this.providers.get(name);
  }

  has(name: string): boolean {
    return this.providers.has(name);
  }

  names(): string[] {
    return [...this.providers.keys()];
  }

  async close(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.destroy()));
  }
}
