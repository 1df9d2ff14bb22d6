import type { LimitSpec, PriceOverride } from '@penstock/domain';

/**
 * Everything a gateway must know to decide about a call of one virtual key. Built by governance in one
 * consistent read; carries the tenant's epoch, which the admission script compares with the current one.
 */
export interface PolicySnapshot {
  readonly schemaVersion: 1;
  /** Whose counters and holds this key uses: its customer, else its team, else the key itself. */
  readonly tenantId: string;
  /** Policy epoch of the tenant at the time of the read. */
  readonly epoch: number;
  readonly keyId: string;
  readonly keyName: string;
  readonly isActive: boolean;
  readonly teamId: string | null;
  readonly customerId: string | null;
  /** Null or empty: every model. Compared with the part after the provider prefix. */
  readonly allowedModels: readonly string[] | null;
  /** Null or empty: every provider. */
  readonly allowedProviders: readonly string[] | null;
  /** Every limit on the path, key before team before customer. */
  readonly limits: readonly LimitSpec[];
  /** Operator prices that may apply to this tenant, newest first. */
  readonly priceOverrides: readonly PriceOverride[];
}

/** Answer of governance to `GET /internal/policies/:keyHash`. */
export type PolicyLookup = { readonly found: true; readonly snapshot: PolicySnapshot } | { readonly found: false };
