import { type PolicySnapshot, SNAPSHOT_VERSION } from '@penstock/dto';

/** The policy of a key that may call everything and has no limit, but for these fields. */
export function policySnapshot(fields: Partial<PolicySnapshot> = {}): PolicySnapshot {
  return {
    schemaVersion: SNAPSHOT_VERSION,
    tenantId: 't1',
    epoch: 1,
    keyId: 'k1',
    keyName: 'key',
    secretId: 's1',
    isActive: true,
    expiresAtMs: null,
    teamId: null,
    customerId: null,
    allowedModels: null,
    allowedProviders: null,
    allowedIps: null,
    tags: [],
    providerConfigs: [],
    suspension: null,
    modelRoutes: null,
    providerCredentials: [],
    streamPolicy: 'finish',
    limits: [],
    priceOverrides: [],
    credit: null,
    priceBook: [],
    ...fields,
  };
}
