import { AppError, credentialOf, knownBaseUrlOf, sameProviderName } from '@penstock/domain';
import type { PolicySnapshot, SealedProviderCredential } from '@penstock/dto';
import { type AddressPolicy, checkProviderBaseUrl, type SecretBox, SecretBoxError } from '@penstock/platform';
import { LRUCache } from 'lru-cache';

import type { OrganizationPools } from './organization-pools.js';
import { type ClientGonePolicy, Provider, type ProviderRegistry } from './providers.js';

/** Keys of organizations that are in memory in the clear. */
const OPENED_MAX = 1_000;
/** A key that no call used in this time is forgotten. */
const IDLE_MS = 600_000;
const PURGE_MS = 60_000;

/** Which provider a call goes to: the organization's own account where it has one, else the gateway's. */
export class OrganizationProviders {
  private readonly opened = new LRUCache<string, Provider>({ max: OPENED_MAX, ttl: IDLE_MS, updateAgeOnGet: true });
  private readonly purge = setInterval(() => this.opened.purgeStale(), PURGE_MS).unref();

  constructor(
    private readonly own: ProviderRegistry,
    private readonly box: SecretBox,
    private readonly addresses: AddressPolicy,
    private readonly pools: OrganizationPools,
    private readonly clientGonePolicy: ClientGonePolicy,
  ) {}

  /**
   * Hot path: without credentials of the organization one look-up of the gateway's own.
   *
   * @throws AppError `provider_credential_unusable`: another key than the organization's is never used in its place.
   */
  of({ providerCredentials }: PolicySnapshot, name: string): Provider {
    const credential = credentialOf(providerCredentials, name);
    if (credential !== undefined) return this.withCredential(credential, name);
    const provider = this.own.get(name);
    if (provider === undefined) throw new Error(`${name} was decided for and is not configured`);
    return provider;
  }

  async close(): Promise<void> {
    clearInterval(this.purge);
    this.opened.clear();
    await this.pools.close();
  }

  private withCredential(credential: SealedProviderCredential, name: string): Provider {
    const { credentialId, sealedKey, apiBase } = credential;
    const key = `${name} ${credentialId} ${sealedKey} ${apiBase ?? ''}`;
    const known = this.opened.get(key);
    if (known !== undefined) return known;
    const provider = this.open(credential, name);
    this.opened.set(key, provider);
    return provider;
  }

  private open(credential: SealedProviderCredential, name: string): Provider {
    const { credentialId, apiBase } = credential;
    const baseUrl = apiBase === null ? this.ownAddressOf(credential, name) : this.checked(credential, apiBase);
    const { origin } = new URL(baseUrl);
    return new Provider(
      { name, baseUrl, apiKey: this.keyOf(credential), clientGonePolicy: this.clientGonePolicy },
      () => (apiBase === null ? this.pools.trusted(origin) : this.pools.guarded(origin)),
      credentialId,
    );
  }

  /** Where this gateway reaches the provider, with or without a key of its own. */
  private ownAddressOf(credential: SealedProviderCredential, name: string): string {
    const baseUrl = this.own.get(name)?.baseUrl ?? knownBaseUrlOf(sameProviderName(name));
    if (baseUrl === undefined) throw unusable(credential, 'has no api_base, which this provider needs');
    return baseUrl;
  }

  /** Addresses that are no names are judged here, and names when they are connected to. */
  private checked(credential: SealedProviderCredential, apiBase: string): string {
    const checked = checkProviderBaseUrl(apiBase, this.addresses);
    if ('reason' in checked) throw unusable(credential, `has an api_base that ${checked.reason}`);
    return checked.baseUrl;
  }

  private keyOf(credential: SealedProviderCredential): string {
    const { credentialId, sealedKey, keyVersion } = credential;
    try {
      return this.box.decrypt({ keyVersion, ciphertext: Buffer.from(sealedKey, 'base64') }, credentialId);
    } catch (error) {
      if (!(error instanceof SecretBoxError)) throw error;
      throw unusable(credential, 'cannot be opened by this gateway', error);
    }
  }
}

function unusable({ credentialId, provider }: SealedProviderCredential, why: string, cause?: Error): AppError {
  return new AppError('provider_credential_unusable', {
    detail: `The credential '${credentialId}' of your organization for the provider '${provider}' ${why}. Nothing was sent and nothing was charged; tell the operator.`,
    ...(cause === undefined ? {} : { cause }),
  });
}
