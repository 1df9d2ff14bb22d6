import {
  AppError,
  type CallAmounts,
  type CallDecision,
  type Clock,
  heldOfLimits,
  type LimitPlan,
  LimitRefusedError,
  NO_AMOUNTS,
  withJob,
} from '@penstock/domain';
import { type CallIdentity, OUTBOX_NORMAL, type UsageRecord } from '@penstock/dto';
import {
  AdmissionStore,
  type JobCall,
  type ReserveOp,
  type ReserveOutcome,
  type SettleOp,
  type SettleOutcome,
  StoreUnavailableError,
  unitAmounts,
  unitDeltas,
} from '@penstock/platform';

import type { PolicyEntry } from '../policies/policy-entry.js';
import type { PolicyStore } from '../policies/policy-store.js';
import type { UsageQueue } from '../usage/usage-queue.js';
import { holdRecordText, usageRecordText } from './call-record-text.js';
import type { HeldAmounts } from './held-amounts.js';

/** What a call is, before it is known whether it may be made. */
export interface CallDraft {
  readonly id: string;
  readonly requestId: string;
  readonly modelRequested: string;
  readonly startedAtMs: number;
  readonly isStream: boolean;
  readonly expiresAtMs: number;
  /** The job that the call is part of. */
  readonly job?: JobCall | undefined;
}

/** A hold in force. It must end: {@link AdmissionService.settle} or {@link AdmissionService.release}. */
export interface Hold {
  readonly identity: CallIdentity;
  readonly plan: LimitPlan;
  readonly amounts: CallAmounts;
  /** Settled + held of each counter of the plan just after admission. */
  readonly totals: readonly string[];
}

/** The parts of a usage record that are known only at the end. */
export type CallResult = Pick<
  UsageRecord,
  'modelReported' | 'usage' | 'isEstimated' | 'outcome' | 'isStream' | 'upstreamStatus' | 'latencyMs' | 'ttftMs'
>;

/** A policy can change while a call is being decided; more changes than this within one call mean trouble. */
const ATTEMPTS_MAX = 8;
const RETRY_MS = [50, 100, 250, 500, 1_000];

/**
 * May I, and what did it cost: the only door of the gateway to the counters.
 *
 * A hold that this process may have made always ends: by an answer, or by retries in the background, or, when the
 * process dies, by the sweeper.
 */
export class AdmissionService {
  private clockOffsetMs = 0;
  private readonly background = new Set<Promise<void>>();

  constructor(
    private readonly store: AdmissionStore,
    private readonly held: HeldAmounts,
    private readonly policies: PolicyStore,
    private readonly usage: UsageQueue,
    private readonly clock: Clock,
    private readonly owner: { readonly id: string },
  ) {}

  /**
   * Reserves the worst case of a call at every level, or refuses with the limit that decided.
   *
   * `decide` is asked again with the new policy whenever the one at hand turns out to be stale: it returns what to
   * reserve, or throws the refusal.
   *
   * @throws LimitRefusedError when a limit has no room, and what `decide` throws.
   */
  async reserve(
    keyValue: string,
    entry: PolicyEntry,
    draft: CallDraft,
    decide: (entry: PolicyEntry) => CallDecision,
  ): Promise<Hold> {
    let current = entry;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      let decided: CallDecision;
      try {
        decided = decide(current);
      } catch (refusal) {
        // A refusal must rest on the policy in force, not on one from memory.
        if (await this.policies.isCurrent(current)) throw refusal;
        current = await this.reload(keyValue, current.snapshot.epoch + 1);
        continue;
      }
      const { amounts } = decided;
      const limits = current.planAt(this.serverNowMs, decided.provider, decided.model);
      const plan = draft.job === undefined ? limits : withJob(limits, draft.job.holdCounterId);
      const identity = identityOf(draft, current, plan, decided);
      const op: ReserveOp = {
        holdId: identity.id,
        holdRecord: holdRecordText(identity, draft, amounts, this.owner.id),
        plan,
        amounts: unitAmounts(amounts),
      };
      const outcome = await this.request(identity.tenantId, op, amounts);
      switch (outcome.status) {
        case 'admitted':
          return { identity, plan, amounts, totals: outcome.totals };
        case 'refused':
          throw await this.refusal(identity.tenantId, plan, outcome.totals, decided);
        case 'stale':
          if (outcome.epoch < current.snapshot.epoch) {
            // The change committed in PostgreSQL and its news has not reached Redis yet: bring it.
            await this.store.bumpEpoch(identity.tenantId, current.snapshot.epoch);
          } else {
            current = await this.reload(keyValue, outcome.epoch);
          }
          break;
        case 'job_not_open':
          throw new AppError('job_not_open');
        case 'not_loaded':
          await this.policies.loadTenant(current);
          break;
        case 'window_moved':
          this.clockOffsetMs = outcome.serverNowMs - this.clock.now();
          break;
      }
    }
    throw new AppError('policy_unavailable', {
      detail: 'The policy of this key changed faster than the call could be decided. Try again.',
    });
  }

  /**
   * Replaces the hold by what the call really used and hands the record to accounting. Resolves when Redis has it,
   * or after one deadline when Redis is away; then it goes on in the background.
   */
  settle(hold: Hold, amounts: CallAmounts, result: CallResult): Promise<void> {
    const record = usageRecordText(hold.identity, result, amounts, this.serverNowMs);
    return this.end(hold, OUTBOX_NORMAL + record, amounts);
  }

  /** Gives everything back: nothing was sent, or the provider says that it did not serve. */
  release(hold: Hold): Promise<void> {
    return this.end(hold, '', NO_AMOUNTS);
  }

  /** Resolves when no settlement is waiting for Redis any more. */
  async drained(): Promise<void> {
    while (this.background.size > 0) await Promise.all(this.background);
  }

  /** Time of the store's server, as far as it is known here: it decides in which windows calls are counted. */
  get serverNowMs(): number {
    return this.clock.now() + this.clockOffsetMs;
  }

  /** Settlements that wait for Redis to come back. */
  get pendingSettlements(): number {
    return this.background.size;
  }

  private async reload(keyValue: string, epochMin: number): Promise<PolicyEntry> {
    const entry = await this.policies.load(keyValue, epochMin);
    if (entry === undefined) {
      throw new AppError('virtual_key_not_found', { detail: 'This virtual key is not known.' });
    }
    return entry;
  }

  /** Asks the store, and makes sure that a hold which may have been made without our knowledge ends. */
  private request(tenantId: string, op: ReserveOp, amounts: CallAmounts): Promise<ReserveOutcome> {
    return this.store.reserve(tenantId, op).catch((error: unknown) => {
      // Nothing was sent, so what may be held is given back as soon as Redis answers again.
      if (!(error instanceof StoreUnavailableError) || error.mayHaveRun) {
        const deltas = unitDeltas(amounts, NO_AMOUNTS);
        this.inBackground(tenantId, { holdId: op.holdId, outboxEntry: '', plan: op.plan, deltas }, 0);
      }
      throw error;
    });
  }

  private async refusal(
    tenantId: string,
    plan: LimitPlan,
    totals: readonly string[],
    decided: CallDecision,
  ): Promise<LimitRefusedError> {
    const held = await this.held.of(tenantId);
    const heldHere = held === undefined ? undefined : heldOfLimits(plan, held);
    return LimitRefusedError.of(decided, plan, totals.map(BigInt), this.serverNowMs, heldHere);
  }

  private async end(hold: Hold, outboxEntry: string, actual: CallAmounts): Promise<void> {
    const { tenantId, id } = hold.identity;
    const op: SettleOp = { holdId: id, outboxEntry, plan: hold.plan, deltas: unitDeltas(hold.amounts, actual) };
    try {
      const outcome = await this.store.settle(tenantId, op);
      if (outboxEntry !== '') this.announce(tenantId, id, outcome);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.inBackground(tenantId, op, 0);
    }
  }

  private announce(tenantId: string, holdId: string, outcome: SettleOutcome): void {
    // A Redis that lost the hold may have lost the list of tenants too, without which the sweeper finds no outbox.
    if (outcome === 'missing') this.store.listTenant(tenantId).catch(() => undefined);
    this.usage.add(tenantId, holdId);
  }

  private inBackground(tenantId: string, op: SettleOp, attempt: number): void {
    const task = this.retryUntilDone(tenantId, op, attempt).finally(() => this.background.delete(task));
    this.background.add(task);
  }

  private async retryUntilDone(tenantId: string, op: SettleOp, firstAttempt: number): Promise<void> {
    for (let attempt = firstAttempt; ; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]));
      try {
        const outcome = await this.store.settle(tenantId, op);
        if (op.outboxEntry !== '') this.announce(tenantId, op.holdId, outcome);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
      }
    }
  }
}

function identityOf(draft: CallDraft, entry: PolicyEntry, plan: LimitPlan, decided: CallDecision): CallIdentity {
  const { snapshot } = entry;
  const clientPriceId = decided.call.billing?.client?.id;
  return {
    id: draft.id,
    requestId: draft.requestId,
    tenantId: snapshot.tenantId,
    keyId: snapshot.keyId,
    secretId: snapshot.secretId,
    teamId: snapshot.teamId,
    customerId: snapshot.customerId,
    provider: decided.provider,
    modelRequested: draft.modelRequested,
    modelSent: decided.model,
    startedAtMs: draft.startedAtMs,
    priceId: decided.priceId,
    counters: plan.chargedIds,
    ...(typeof clientPriceId === 'string' ? { clientPriceId } : {}),
    ...(draft.job === undefined ? {} : { jobId: draft.job.jobId, jobCallId: draft.job.callId }),
  };
}
