import { sameProviderName } from './known-providers.js';
import type { ConfiguredProviders } from './route-call.js';

/** A provider that calls of a policy are sent to with a credential of its organization. */
export interface CredentialProvider {
  readonly provider: string;
}

/**
 * The providers that calls of a policy can be sent to: the gateway's own, and those that the organization has a
 * credential for.
 *
 * Hot path: without credentials it is the gateway's own list itself.
 */
export function providersWith(
  credentials: readonly CredentialProvider[],
  own: ConfiguredProviders,
): ConfiguredProviders {
  if (credentials.length === 0) return own;
  return {
    has: (provider) => own.has(provider) || credentialOf(credentials, provider) !== undefined,
    names: () => [
      ...own.names(),
      ...credentials.map(({ provider }) => provider).filter((provider) => !own.has(provider)),
    ],
  };
}

/** The credential that a call to a provider goes out with; undefined where the gateway's own is used. */
export function credentialOf<Credential extends CredentialProvider>(
  credentials: readonly Credential[],
  provider: string,
): Credential | undefined {
  if (credentials.length === 0) return undefined;
  const name = sameProviderName(provider);
  return credentials.find((credential) => credential.provider === name);
}
