import { AddressPolicy, parseEncryptionKeys, parseNetworks, SecretBox, type Shutdown } from '@penstock/platform';

import type { GatewayConfig } from '../config.js';
import type { UpstreamDeadlines } from './create-pool.js';
import { OrganizationPools } from './organization-pools.js';
import { OrganizationProviders } from './organization-providers.js';
import type { ProviderRegistry } from './providers.js';

/** Deadlines of upstream calls. */
export function deadlinesOf(config: GatewayConfig): UpstreamDeadlines {
  return {
    connectMs: config.PENSTOCK_UPSTREAM_CONNECT_TIMEOUT_MS,
    headersMs: config.PENSTOCK_UPSTREAM_FIRST_BYTE_TIMEOUT_MS,
    idleMs: config.PENSTOCK_UPSTREAM_IDLE_TIMEOUT_MS,
  };
}

/** The gateway's own providers, and the accounts that organizations have with providers. */
export function createOrganizationProviders(
  own: ProviderRegistry,
  config: GatewayConfig,
  shutdown: Shutdown,
): OrganizationProviders {
  const addresses = new AddressPolicy(
    parseNetworks(config.PENSTOCK_PROVIDER_ALLOWED_NETWORKS),
    'PENSTOCK_PROVIDER_ALLOWED_NETWORKS',
  );
  const providers = new OrganizationProviders(
    own,
    new SecretBox(parseEncryptionKeys(config.PENSTOCK_ENCRYPTION_KEYS)),
    addresses,
    new OrganizationPools(deadlinesOf(config), addresses),
    config.PENSTOCK_CLIENT_GONE_POLICY,
  );
  shutdown.register('close', 'providers of organizations', () => providers.close());
  return providers;
}
