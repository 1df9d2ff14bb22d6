import { createHash } from 'node:crypto';

import { amountFor, unitOfKey } from '@penstock/domain';
import {
  type ClosedCreditHold,
  EPOCH_FIELD,
  heldAmountsOf,
  TENANTS_KEY,
  type HoldRecord,
  type TenantKeys,
  tenantKeys,
} from '@penstock/dto';
import type { Redis } from 'ioredis';

import { AdmissionLane } from './admission-lane.js';
import type { ReserveOp, ReserveOutcome, SettleOp, SettleOutcome } from './admission-outcome.js';
import {
  ADD_SCRIPT,
  ADMISSION_SCRIPT,
  BUMP_EPOCH_SCRIPT,
  CLOSE_CREDIT_HOLDS_SCRIPT,
  LOAD_SCRIPT,
  OPEN_CREDIT_HOLD_SCRIPT,
} from './admission-script.js';
import { StoreBreaker } from './store-breaker.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

/** Settings of an {@link AdmissionStore}. */
export interface AdmissionStoreOptions {
  /** Longest wait for one answer of Redis. Architecture: at most 50 ms in the request path. */
  readonly deadlineMs?: number;
  /** Called once when the store becomes unreachable and once when it is back. */
  readonly onAvailability?: (isAvailable: boolean, cause?: unknown) => void;
}

/** A hold on credits that is asked for. */
export interface CreditHoldOp {
  /** Of the policy that says what the cap is. */
  readonly epoch: number;
  readonly accountCounterId: string;
  /** Decimal integer: what came in, and how far below zero the balance may go. */
  readonly cap: string;
  readonly holdCounterId: string;
  /** Decimal integer. */
  readonly initialMicroCredits: string;
}

/** What became of a {@link CreditHoldOp}. */
export type CreditHoldOutcome =
  | { readonly status: 'open' }
  /** What is used and held of the cap; decimal integer. */
  | { readonly status: 'refused'; readonly usedCredits: string }
  | { readonly status: 'stale'; readonly epoch: number }
  | { readonly status: 'not_loaded' };

const SHA_OF = new Map<string, string>();

/**
 * Admission and settlement against Redis: the only code that moves the counters of a tenant.
 *
 * Each tenant has a lane of its own, which gathers what concurrent calls ask for; see {@link AdmissionLane}.
 */
export class AdmissionStore {
  private readonly lanes = new Map<string, AdmissionLane>();
  private readonly keysOf = new Map<string, TenantKeys>();
  private readonly breaker: StoreBreaker;
  private readonly deadlineMs: number;

  constructor(
    private readonly redis: Redis,
    options: AdmissionStoreOptions = {},
  ) {
    this.deadlineMs = options.deadlineMs ?? 50;
    this.breaker = new StoreBreaker(250, (isOpen, cause) => options.onAvailability?.(!isOpen, cause));
  }

  /**
   * Asks for room for one call at every level at once. When admitted, the hold is already marked as dispatched:
   * the caller must send the request now or {@link settle} the hold with an empty entry.
   *
   * Rejects with {@link StoreUnavailableError}; then the hold may exist, and the caller must release it.
   */
  reserve(tenantId: string, op: ReserveOp): Promise<ReserveOutcome> {
    return this.lane(tenantId).reserve(op);
  }

  /** Ends one hold; idempotent by hold id. Rejects with {@link StoreUnavailableError}: try again. */
  settle(tenantId: string, op: SettleOp): Promise<SettleOutcome> {
    return this.lane(tenantId).settle(op);
  }

  /**
   * Makes a tenant resident in Redis with what PostgreSQL knows of it.
   *
   * @returns false when it already was; only the epoch may have been raised then.
   */
  async loadTenant(tenantId: string, epoch: number, counters: Readonly<Record<string, string>>): Promise<boolean> {
    await this.listTenant(tenantId);
    const reply = await this.script(
      LOAD_SCRIPT,
      [this.keys(tenantId).counters],
      [epoch, ...Object.entries(counters).flat()],
    );
    return reply === 1;
  }

  /** Puts the tenant on the list that sweeps and reconciliation go by. */
  async listTenant(tenantId: string): Promise<void> {
    await this.withDeadline(() => this.redis.sadd(TENANTS_KEY, tenantId));
  }

  /** Raises the epoch of a resident tenant so that every snapshot taken before is refused. Null: not resident. */
  async bumpEpoch(tenantId: string, epoch: number): Promise<number | null> {
    const reply = await this.script(BUMP_EPOCH_SCRIPT, [this.keys(tenantId).counters], [epoch]);
    return reply === null ? null : Number(reply);
  }

  /** The tenant's epoch in force; null when it is not resident. */
  async readEpoch(tenantId: string): Promise<number | null> {
    const reply = await this.withDeadline(() => this.redis.hget(this.keys(tenantId).counters, EPOCH_FIELD));
    return reply === null ? null : Number(reply);
  }

  /** Settled + held of the named counters, in their order; '0' for one that was never touched. */
  async readCounters(tenantId: string, counterIds: readonly string[]): Promise<string[]> {
    if (counterIds.length === 0) return [];
    const values = await this.withDeadline(() => this.redis.hmget(this.keys(tenantId).counters, ...counterIds));
    return values.map((value) => value ?? '0');
  }

  /** Adds to counters outside of a call: reconciliation, and late records whose counters were lost with Redis. */
  async addToCounters(
    tenantId: string,
    deltas: readonly (readonly [counterId: string, delta: bigint])[],
  ): Promise<void> {
    if (deltas.length === 0) return;
    const args = deltas.flatMap(([counterId, delta]) => [counterId, delta.toString()]);
    await this.script(ADD_SCRIPT, [this.keys(tenantId).counters], args);
  }

  /** Takes credits out of reach of everybody else until the hold is closed. Opening an open one changes nothing. */
  async openCreditHold(tenantId: string, hold: CreditHoldOp): Promise<CreditHoldOutcome> {
    const args = [hold.epoch, hold.accountCounterId, hold.cap, hold.holdCounterId, hold.initialMicroCredits];
    const reply = String(await this.script(OPEN_CREDIT_HOLD_SCRIPT, [this.keys(tenantId).counters], args));
    switch (reply[0]) {
      case 'A':
        return { status: 'open' };
      case 'R':
        return { status: 'refused', usedCredits: reply.slice(2) };
      case 'S':
        return { status: 'stale', epoch: Number(reply.slice(2)) };
      default:
        return { status: 'not_loaded' };
    }
  }

  /** Ends holds on credits with what they came to. Those that have ended are left out: safe to repeat. */
  async closeCreditHolds(tenantId: string, holds: readonly ClosedCreditHold[]): Promise<void> {
    if (holds.length === 0) return;
    const args = holds.flatMap((hold) => [hold.accountCounterId, hold.holdCounterId, hold.chargedCredits]);
    await this.script(CLOSE_CREDIT_HOLDS_SCRIPT, [this.keys(tenantId).counters], args);
  }

  /** Forgets counters: reconciliation, where PostgreSQL says that they are of something that has ended. */
  async dropCounters(tenantId: string, counterIds: readonly string[]): Promise<void> {
    if (counterIds.length > 0)
      await this.withDeadline(() => this.redis.hdel(this.keys(tenantId).counters, ...counterIds));
  }

  /** All holds of a tenant that are in flight now. Walks them: for explanations and sweeps, not for the hot path. */
  async readHolds(tenantId: string): Promise<HoldRecord[]> {
    const values = await this.withDeadline(() => this.redis.hvals(this.keys(tenantId).holds));
    return values.map((value) => JSON.parse(value) as HoldRecord);
  }

  /** What calls in flight hold of each counter. */
  async heldByCounter(tenantId: string): Promise<Map<string, bigint>> {
    const held = new Map<string, bigint>();
    for (const hold of await this.readHolds(tenantId)) {
      const amounts = heldAmountsOf(hold);
      for (const counterId of hold.counters) {
        held.set(counterId, (held.get(counterId) ?? 0n) + amountFor(unitOfKey(counterId), amounts));
      }
    }
    return held;
  }

  private keys(tenantId: string): TenantKeys {
    let keys = this.keysOf.get(tenantId);
    if (keys === undefined) {
      if (this.keysOf.size >= 50_000) this.keysOf.clear();
      keys = tenantKeys(tenantId);
      this.keysOf.set(tenantId, keys);
    }
    return keys;
  }

  private lane(tenantId: string): AdmissionLane {
    let lane = this.lanes.get(tenantId);
    if (lane === undefined) {
      const { counters, holds, dispatched, outbox } = this.keys(tenantId);
      const keys = [counters, holds, dispatched, outbox];
      lane = new AdmissionLane({
        run: (args) => this.script(ADMISSION_SCRIPT, keys, args),
        mark: (holdIds) => {
          this.redis.sadd(dispatched, ...holdIds).catch(ignoreLostMark);
        },
        onIdle: () => this.lanes.delete(tenantId),
      });
      this.lanes.set(tenantId, lane);
    }
    return lane;
  }

  private async script(source: string, keys: string[], args: readonly (string | number)[]): Promise<unknown> {
    let sha = SHA_OF.get(source);
    if (sha === undefined) {
      sha = createHash('sha1').update(source).digest('hex');
      SHA_OF.set(source, sha);
    }
    try {
      return await this.withDeadline(() => this.redis.evalsha(sha, keys.length, ...keys, ...args));
    } catch (error) {
      if (!isNoScript(error)) throw error;
      return this.withDeadline(() => this.redis.eval(source, keys.length, ...keys, ...args));
    }
  }

  /**
   * Waits for Redis at most `deadlineMs`. A late event loop must not look like a late Redis: when the timer fires,
   * answers that already lie in the socket are read first.
   */
  private withDeadline<T>(send: () => Promise<T>): Promise<T> {
    if (!this.breaker.allows(Date.now())) {
      return Promise.reject(new StoreUnavailableError('Redis does not answer', false));
    }
    return new Promise<T>((resolve, reject) => {
      let isOver = false;
      const timer = setTimeout(() => {
        setImmediate(() => {
          if (isOver) return;
          isOver = true;
          const error = new StoreUnavailableError(`Redis did not answer within ${this.deadlineMs} ms`, true);
          this.breaker.failed(Date.now(), error);
          reject(error);
        });
      }, this.deadlineMs);
      send().then(
        (value) => {
          this.breaker.succeeded();
          if (isOver) return;
          isOver = true;
          clearTimeout(timer);
          resolve(value);
        },
        (error: unknown) => {
          if (isOver) return;
          isOver = true;
          clearTimeout(timer);
          if (isNoScript(error)) {
            // A Redis that restarted answers so. It is an answer: an open breaker must let the script through next.
            this.breaker.succeeded();
            reject(error);
            return;
          }
          // LOADING, OOM, READONLY and the like: the server is there and still cannot do what a promise needs.
          this.breaker.failed(Date.now(), error);
          reject(new StoreUnavailableError('Redis cannot serve', mayHaveRun(error), error));
        },
      );
    });
  }
}

/** An error reply says that nothing ran; so does a connection that took no commands. A lost one says nothing. */
function mayHaveRun(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return error.name !== 'ReplyError' && !error.message.includes("Stream isn't writeable");
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** A lost mark or a late answer changes nothing that must be handled: the hold itself is what counts. */
function ignoreLostMark(): void {}
