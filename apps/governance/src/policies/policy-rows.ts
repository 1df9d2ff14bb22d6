import type { OwnerColumns } from '../limits/limit-owner.js';
import type { PendingMessage } from './policies.repository.js';

/** A budget as JSON of the database carries it: amounts as text, times in milliseconds. */
export interface BudgetRow extends OwnerColumns {
  readonly seq: string;
  readonly maxLimitCents: string;
  readonly resetDuration: string;
  readonly anchorMs: number;
  readonly generation: number;
}

/** A rate limit as JSON of the database carries it. */
export interface RateLimitRow extends OwnerColumns {
  readonly seq: string;
  readonly tokenMaxLimit: string | null;
  readonly tokenResetDuration: string | null;
  readonly tokenAnchorMs: number;
  readonly tokenGeneration: number;
  readonly requestMaxLimit: string | null;
  readonly requestResetDuration: string | null;
  readonly requestAnchorMs: number;
  readonly requestGeneration: number;
}

/** A price override as JSON of the database carries it. */
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

/** Everything about one virtual key. */
export interface PolicyRow {
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
  readonly budgets: readonly BudgetRow[];
  readonly rateLimits: readonly RateLimitRow[];
  readonly prices: readonly PriceRow[];
  readonly pendingCarryOvers: readonly PendingMessage[];
}

/** All limits whose counters lie in one tenant. */
export interface TenantLimitsRow {
  readonly epoch: string;
  readonly budgets: readonly BudgetRow[];
  readonly rateLimits: readonly RateLimitRow[];
}
