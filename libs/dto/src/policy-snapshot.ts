import type {
  LimitSpec,
  ModelRoute,
  PolicyCredit,
  PriceBookEntry,
  PriceOverride,
  ProviderConfig,
  Suspension,
} from '@penstock/domain';

export type { ModelRoute, ProviderConfig, Suspension } from '@penstock/domain';

/** Version of {@link PolicySnapshot}. A gateway treats a copy of another version as none and asks governance. */
export const SNAPSHOT_VERSION = 3;

/** What becomes of streams that run when their key is deactivated, deleted or expires. */
export type StreamPolicy = 'finish' | 'cut';

/**
 * A provider's key that belongs to the organization of a virtual key, in force for its calls. The key is sealed: it is in
 * the clear neither in Redis nor on the way there, only in the memory of a gateway.
 */
export interface SealedProviderCredential {
  /** The sealed key opens only under this id. */
  readonly credentialId: string;
  readonly provider: string;
  /** Where calls go; null: where the gateway reaches the provider. */
  readonly apiBase: string | null;
  /** Base64. */
  readonly sealedKey: string;
  /** Version of the encryption key that sealed it. */
  readonly keyVersion: number;
}

/**
 * Everything a gateway must know to decide about a call of one virtual key. Built by governance in one
 * consistent read; carries the tenant's epoch, which the admission script compares with the current one.
 */
export interface PolicySnapshot {
  readonly schemaVersion: typeof SNAPSHOT_VERSION;
  /** Whose counters and holds this key uses: its customer, else its team, else the key itself. */
  readonly tenantId: string;
  /** Policy epoch of the tenant at the time of the read. */
  readonly epoch: number;
  readonly keyId: string;
  readonly keyName: string;
  /** The one of the key's values that this snapshot was looked up by. */
  readonly secretId: string;
  readonly isActive: boolean;
  /** The organization, else the team, that is not active; null when both are, or the key has neither. */
  readonly suspension: Suspension | null;
  /** When the key or this value of it ends, whichever is earlier; null: never. Gateways compare with their own clock. */
  readonly expiresAtMs: number | null;
  readonly teamId: string | null;
  readonly customerId: string | null;
  /** Null or empty: every model. Compared with the part after the provider prefix. */
  readonly allowedModels: readonly string[] | null;
  /** Null or empty: every provider. */
  readonly allowedProviders: readonly string[] | null;
  /** Addresses and ranges the key may be used from, in normal form. Null or empty: everywhere. */
  readonly allowedIps: readonly string[] | null;
  /** What operators call the key by; never decides anything. */
  readonly tags: readonly string[];
  /** Not empty: only these providers, each with its own models, weight and limits. */
  readonly providerConfigs: readonly ProviderConfig[];
  /**
   * For a key of a team of the admin API the only model names that its callers may use, even if there are none; null for
   * every other key.
   */
  readonly modelRoutes: readonly ModelRoute[] | null;
  /** The organization's own credentials, at most one per provider; calls to these providers go out with them. */
  readonly providerCredentials: readonly SealedProviderCredential[];
  readonly streamPolicy: StreamPolicy;
  /** Every limit on the path of any call of the key; some apply only to one provider or model (`match`). */
  readonly limits: readonly LimitSpec[];
  /** Operator prices that may apply to this tenant, newest first. */
  readonly priceOverrides: readonly PriceOverride[];
  /** What the organization of the key pays instead: entries of its price book that are in force or to come. */
  readonly priceBook: readonly PriceBookEntry[];
  /** How the credits of the team are used; null: the admin API does not know it, or it has no account. */
  readonly credit: PolicyCredit | null;
}

/** Answer of governance to `GET /internal/policies/:keyHash`. */
export type PolicyLookup = { readonly found: true; readonly snapshot: PolicySnapshot } | { readonly found: false };
