import type { CallAmounts, UsageVector } from '@penstock/domain';

/** How a governed call ended. */
export type CallOutcome = 'completed' | 'client_gone' | 'truncated' | 'orphaned';

/** Who called what; shared by the hold and the usage record of one call. */
export interface CallIdentity {
  /** Hold id, UUIDv7; also the primary key of the usage event: redelivery hits the same row. */
  readonly id: string;
  readonly requestId: string;
  readonly tenantId: string;
  readonly keyId: string;
  /** The value of the key that was used; absent in records of gateways that did not know of several. */
  readonly secretId?: string;
  readonly teamId: string | null;
  readonly customerId: string | null;
  readonly provider: string;
  /** Model as the caller named it. */
  readonly modelRequested: string;
  /** Model sent to the provider. */
  readonly modelSent: string;
  /** Milliseconds since the epoch; fixed at reservation, also the partition key of the usage event. */
  readonly startedAtMs: number;
  /** Version id of the price, or null when the price is unknown. */
  readonly priceId: string | null;
  /** Version of the organization's price book that was applied; absent when the client pays the cost. */
  readonly clientPriceId?: string;
  /** The job that the call is part of, and which of its calls it is; absent for a call without one. */
  readonly jobId?: string;
  readonly jobCallId?: string;
  /** Ids of all counters that this call is charged to; the unit is the first character. */
  readonly counters: readonly string[];
}

/** What is reserved for a call in flight: enough to settle or release it without its owner. */
export interface HoldRecord extends CallIdentity {
  /** Gateway process that made the hold. */
  readonly ownerId: string;
  /** After this the sweeper may end the hold even if its owner lives. */
  readonly expiresAtMs: number;
  readonly heldTokens: number;
  /** Absent in a hold of an earlier release, whose limits counted neither. */
  readonly heldInputTokens?: number;
  readonly heldOutputTokens?: number;
  /** Decimal integer, nano-dollars. */
  readonly heldNanoUsd: string;
  /** What the client would pay. Decimal integer, nano-dollars; absent: the same. */
  readonly heldClientNanoUsd?: string;
  /** Decimal integers; absent: none. */
  readonly heldCredits?: string;
  readonly heldMicroCredits?: string;
  readonly isStream: boolean;
}

/** The account of one finished upstream call. Lives in the tenant's outbox until PostgreSQL has it. */
export interface UsageRecord extends CallIdentity {
  readonly schemaVersion: 1;
  readonly modelReported: string | null;
  readonly usage: UsageVector;
  /** Charged to token limits: the sum of the vector, or the hold's amount when estimated. */
  readonly tokens: number;
  /** Charged to limits on input and on output tokens. Absent in a record of an earlier release. */
  readonly chargedInputTokens?: number;
  readonly chargedOutputTokens?: number;
  /** Charged to budgets. Decimal integer, nano-dollars. */
  readonly costNanoUsd: string;
  /** What the client pays. Decimal integer, nano-dollars; absent: the same. */
  readonly clientCostNanoUsd?: string;
  /** Charged to the credits of the team, by a call without a job. Decimal integer; absent: none. */
  readonly credits?: string;
  /** Charged to the job, millionths of a credit. Decimal integer; absent: none. */
  readonly microCredits?: string;
  /** True when the provider's own usage was not available and the amounts are an upper bound or a count of ours. */
  readonly isEstimated: boolean;
  readonly outcome: CallOutcome;
  readonly isStream: boolean;
  readonly upstreamStatus: number | null;
  readonly settledAtMs: number;
  readonly latencyMs: number;
  readonly ttftMs: number | null;
}

/** First character of an outbox entry. */
export const OUTBOX_NORMAL = 'N';
/** The hold was already gone when the record arrived: its counters may lack this call (see the worker). */
export const OUTBOX_LATE = 'L';

/** What a hold takes from the limits. */
export function heldAmountsOf(
  hold: Pick<
    HoldRecord,
    | 'heldTokens'
    | 'heldInputTokens'
    | 'heldOutputTokens'
    | 'heldNanoUsd'
    | 'heldClientNanoUsd'
    | 'heldCredits'
    | 'heldMicroCredits'
  >,
): CallAmounts {
  return {
    requests: 1,
    tokens: hold.heldTokens,
    inputTokens: hold.heldInputTokens ?? 0,
    outputTokens: hold.heldOutputTokens ?? 0,
    concurrentRequests: 1,
    costNanoUsd: BigInt(hold.heldNanoUsd),
    clientCostNanoUsd: BigInt(hold.heldClientNanoUsd ?? hold.heldNanoUsd),
    credits: BigInt(hold.heldCredits ?? 0),
    microCredits: BigInt(hold.heldMicroCredits ?? 0),
  };
}

/** What a finished call is charged to the limits. */
export function chargedAmountsOf(
  record: Pick<
    UsageRecord,
    | 'tokens'
    | 'chargedInputTokens'
    | 'chargedOutputTokens'
    | 'costNanoUsd'
    | 'clientCostNanoUsd'
    | 'credits'
    | 'microCredits'
  >,
): CallAmounts {
  return {
    requests: 1,
    tokens: record.tokens,
    inputTokens: record.chargedInputTokens ?? 0,
    outputTokens: record.chargedOutputTokens ?? 0,
    concurrentRequests: 0,
    costNanoUsd: BigInt(record.costNanoUsd),
    clientCostNanoUsd: BigInt(record.clientCostNanoUsd ?? record.costNanoUsd),
    credits: BigInt(record.credits ?? 0),
    microCredits: BigInt(record.microCredits ?? 0),
  };
}
