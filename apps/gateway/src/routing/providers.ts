import type { ConfiguredProviders } from '@penstock/domain';
import { Pool } from 'undici';

/** What to do with the upstream when the client has left. */
export type ClientGonePolicy = 'drain' | 'abort';

/** A provider as the environment configures it. */
export interface ProviderSettings {
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly clientGonePolicy: ClientGonePolicy;
}

/** Deadlines of upstream calls. */
export interface UpstreamDeadlines {
  readonly connectMs: number;
  /** From the request to the first byte of the answer. */
  readonly headersMs: number;
  /** Longest silence inside an answer. */
  readonly idleMs: number;
}

/** A provider that calls can be sent to: an OpenAI-shaped API behind pooled connections. */
export class Provider {
  readonly name: string;
  readonly clientGonePolicy: ClientGonePolicy;
  readonly pool: Pool;
  /** Headers of every request; the credential is ours, never the caller's. */
  readonly authorization: string;
  private readonly basePath: string;

  constructor(settings: ProviderSettings, deadlines: UpstreamDeadlines) {
    const { origin, pathname } = new URL(settings.baseUrl);
    this.name = settings.name;
    this.clientGonePolicy = settings.clientGonePolicy;
    this.authorization = `Bearer ${settings.apiKey}`;
    this.basePath = pathname.replace(/\/+$/, '');
    this.pool = new Pool(origin, {
      pipelining: 1,
      allowH2: false,
      connectTimeout: deadlines.connectMs,
      headersTimeout: deadlines.headersMs,
      bodyTimeout: deadlines.idleMs,
      // Below the 5 s after which common servers close an idle connection: a request sent into a closing one is lost.
      keepAliveTimeout: 4_000,
    });
  }

  path(suffix: string): string {
    return this.basePath + suffix;
  }
}

/** The providers that this gateway can reach. */
export class ProviderRegistry implements ConfiguredProviders {
  private readonly providers: ReadonlyMap<string, Provider>;

  constructor(settings: readonly ProviderSettings[], deadlines: UpstreamDeadlines) {
    this.providers = new Map(settings.map((provider) => [provider.name, new Provider(provider, deadlines)]));
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
    await Promise.all([...this.providers.values()].map((provider) => provider.pool.destroy()));
  }
}
