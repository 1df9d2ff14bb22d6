/** Type of the outbox message that ends holds on credits in Redis. */
export const CREDIT_HOLDS_CLOSED = 'credits.holds_closed';

/** A hold on credits that has ended. */
export interface ClosedCreditHold {
  /** Counter of the credits: `k<base 36>.0.0`. */
  readonly accountCounterId: string;
  /** Counter of the hold: `m<base 36>.0.0`. */
  readonly holdCounterId: string;
  /** What it came to. Decimal integer. */
  readonly chargedCredits: string;
}

/** Payload of a {@link CREDIT_HOLDS_CLOSED} outbox message. Delivering it twice, or late, is harmless. */
export interface CreditHoldsClosedPayload {
  readonly schemaVersion: 1;
  readonly tenantId: string;
  /**
   * In force before the holds end: a change that takes credits away lowers the cap, and what the hold gives back must
   * not be had under the old one. Null: the policy did not change.
   */
  readonly epoch: number | null;
  readonly holds: readonly ClosedCreditHold[];
}

/** Type of the outbox message that tells every gateway of a changed policy. */
export const POLICY_INVALIDATED = 'policy.invalidated';

/**
 * Usage that follows a limit into another tenant, because its key or team moved there. Until it arrived, the new
 * tenant's snapshot must not be served: its counters would start at zero and spend the budget a second time.
 */
export interface CounterCarryOver {
  readonly fromTenantId: string;
  /** Epoch of the old tenant after the move; nothing is admitted there under the old policy once it is in force. */
  readonly fromEpoch: number;
  /** Limits that moved; see `LimitSpec.key`. */
  readonly limitKeys: readonly string[];
}

/** Payload of a {@link POLICY_INVALIDATED} outbox message. Delivering it twice, or late, is harmless. */
export interface PolicyInvalidatedPayload {
  readonly schemaVersion: 1;
  readonly tenantId: string;
  readonly epoch: number;
  /** Virtual keys whose cached snapshot is dropped; the others of the tenant are found stale by their epoch. */
  readonly keyHashes: readonly string[];
  /** Brought in before the epoch is announced. */
  readonly carryOvers: readonly CounterCarryOver[];
}
