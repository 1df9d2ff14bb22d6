import { type CallAmounts, NO_AMOUNTS, ZERO_USAGE } from '@penstock/domain';
import { heldAmountsOf, type HoldRecord, OUTBOX_NORMAL, type UsageRecord } from '@penstock/dto';
import { type SettleOp, unitDeltas } from '@penstock/platform';

/** What a hold that its owner will not end any more becomes. */
export type HoldFate =
  | { readonly kind: 'kept' }
  /** Its request was never sent: the call cost nothing. */
  | { readonly kind: 'released' }
  /** Its request was sent and nobody knows what came of it: the worst case is charged. */
  | { readonly kind: 'charged' };

/** Decides about one hold from what the sweeper saw. */
export function fateOfHold(
  hold: Pick<HoldRecord, 'expiresAtMs'>,
  seen: { readonly nowMs: number; readonly isOwnerDead: boolean; readonly isDispatched: boolean },
): HoldFate {
  if (!seen.isOwnerDead && hold.expiresAtMs >= seen.nowMs) return { kind: 'kept' };
  return { kind: seen.isDispatched ? 'charged' : 'released' };
}

/** Gives everything back that the hold took. */
export function releaseOp(hold: HoldRecord): SettleOp {
  return settleOp(hold, NO_AMOUNTS);
}

/** Outbox entry that charges what the hold took. */
export function chargeEntry(hold: HoldRecord, nowMs: number): string {
  return OUTBOX_NORMAL + JSON.stringify(orphanedRecord(hold, nowMs));
}

/** Ends a hold whose call the ledger has already: Redis lost the settlement, not PostgreSQL. */
export function correctOp(hold: HoldRecord, accounted: CallAmounts): SettleOp {
  return settleOp(hold, accounted);
}

/** The account of a call whose gateway died: its estimate, and no claim about single kinds of tokens. */
export function orphanedRecord(hold: HoldRecord, nowMs: number): UsageRecord {
  return {
    schemaVersion: 1,
    id: hold.id,
    requestId: hold.requestId,
    tenantId: hold.tenantId,
    keyId: hold.keyId,
    ...(hold.secretId === undefined ? {} : { secretId: hold.secretId }),
    teamId: hold.teamId,
    customerId: hold.customerId,
    provider: hold.provider,
    modelRequested: hold.modelRequested,
    modelSent: hold.modelSent,
    startedAtMs: hold.startedAtMs,
    priceId: hold.priceId,
    ...(hold.clientPriceId === undefined ? {} : { clientPriceId: hold.clientPriceId }),
    ...(hold.jobId === undefined ? {} : { jobId: hold.jobId }),
    ...(hold.jobCallId === undefined ? {} : { jobCallId: hold.jobCallId }),
    counters: hold.counters,
    modelReported: null,
    usage: ZERO_USAGE,
    tokens: hold.heldTokens,
    chargedInputTokens: hold.heldInputTokens ?? 0,
    chargedOutputTokens: hold.heldOutputTokens ?? 0,
    costNanoUsd: hold.heldNanoUsd,
    ...(hold.heldClientNanoUsd === undefined ? {} : { clientCostNanoUsd: hold.heldClientNanoUsd }),
    ...(hold.heldCredits === undefined ? {} : { credits: hold.heldCredits }),
    ...(hold.heldMicroCredits === undefined ? {} : { microCredits: hold.heldMicroCredits }),
    isEstimated: true,
    outcome: 'orphaned',
    isStream: hold.isStream,
    upstreamStatus: null,
    settledAtMs: nowMs,
    latencyMs: Math.max(0, nowMs - hold.startedAtMs),
    ttftMs: null,
  };
}

function settleOp(hold: HoldRecord, actual: CallAmounts): SettleOp {
  return {
    holdId: hold.id,
    outboxEntry: '',
    plan: { chargedIds: hold.counters },
    deltas: unitDeltas(heldAmountsOf(hold), actual),
  };
}
