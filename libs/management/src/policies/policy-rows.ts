import type { ModelGrants, PolicyCredit } from '@penstock/domain';
import type { ProviderConfig, SealedProviderCredential, StreamPolicy, Suspension } from '@penstock/dto';

import type { PriceBookRow } from '../prices/index.js';
import type { OwnerColumns } from './limit-owner.js';
import type { BudgetTerms, RateLimitTerms } from './limit-specs.js';
import type { PendingMessage } from './policies.repository.js';

/** Rows as JSON of the database carries them: amounts as text, times in milliseconds. */
type Timed<T> = {
  readonly [K in keyof T]: T[K] extends Date ? number : T[K] extends Date | null ? number | null : T[K];
};

/** A temporary raise of a budget. */
export interface RaiseRow {
  readonly amountCents: string;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** A budget. */
export interface BudgetRow extends Timed<BudgetTerms>, OwnerColumns {
  /** Of a shared budget. */
  readonly name: string | null;
  /** Those that have not ended. */
  readonly raises: readonly RaiseRow[];
}

/** A rate limit. */
export interface RateLimitRow extends Timed<RateLimitTerms>, OwnerColumns {}

/** A model whose calls have limits of their own. */
export interface ModelConfigRow {
  readonly id: string;
  readonly model: string;
  readonly provider: string | null;
}

/** The credits of the key's team. */
export interface CreditRow extends PolicyCredit {
  /** Of the account. */
  readonly id: string;
  readonly seq: string;
  /** What came in, and how far below zero the balance may go. Decimal integer. */
  readonly cap: string;
}

/** A price override. */
export interface PriceRow {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly isFree: boolean;
  readonly effectiveFromMs: number;
  readonly inputUsdPerMtok: string | null;
  readonly cacheReadUsdPerMtok: string | null;
  readonly cacheWriteUsdPerMtok: string | null;
  readonly outputUsdPerMtok: string | null;
  readonly requestUsd: string | null;
}

/** What a tenant has set for all its policies; null in the database of a tenant that is not there yet. */
export interface TenantSettingsRow {
  readonly timeZone: string | null;
  readonly fiscalYearStartMonth: number | null;
}

/** Limits, and what is needed to make specs of them. */
export interface LimitRows extends TenantSettingsRow {
  readonly budgets: readonly BudgetRow[];
  readonly rateLimits: readonly RateLimitRow[];
}

/** Everything about one virtual key. */
export interface PolicyRow extends LimitRows {
  readonly keyId: string;
  readonly keyName: string;
  readonly secretId: string;
  /** Decimal text; null: never. */
  readonly expiresAtMs: string | null;
  readonly allowedIps: string[] | null;
  readonly tags: string[] | null;
  readonly isActive: boolean;
  readonly allowedModels: string[] | null;
  readonly allowedProviders: string[] | null;
  readonly teamId: string | null;
  readonly teamName: string | null;
  readonly customerId: string | null;
  readonly customerName: string | null;
  /** Null would mean that the key was written past `PolicyChanges`. */
  readonly tenantId: string | null;
  readonly epoch: string | null;
  readonly streamPolicy: StreamPolicy | null;
  readonly suspension: Suspension | null;
  readonly providerConfigs: readonly ProviderConfig[];
  /** Null for a team that the admin API does not know, and without a team. */
  readonly modelGrants: ModelGrants | null;
  readonly providerCredentials: readonly SealedProviderCredential[];
  readonly modelConfigs: readonly ModelConfigRow[];
  readonly prices: readonly PriceRow[];
  /** Of the organization; what is in force or to come. */
  readonly priceBook: readonly PriceBookRow[];
  readonly credit: CreditRow | null;
  readonly pendingCarryOvers: readonly PendingMessage[];
}

/** All limits whose counters lie in one tenant. */
export interface TenantLimitsRow extends LimitRows {
  readonly epoch: string;
}
