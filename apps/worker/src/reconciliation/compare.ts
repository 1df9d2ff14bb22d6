import { countersAt, parseCounterId, unitOfKey } from '@penstock/domain';

import { mayBeDeleted } from '../pruning/window-retention.js';
import { compareCredits, isOfCredits } from './compare-credits.js';
import type { LedgerState } from './ledger-state.js';
import { type RedisState, sumHolds, sumRecords } from './redis-state.js';

/** A counter on which Redis and PostgreSQL, or PostgreSQL's own tables, disagree. Amounts in the counter's unit. */
export interface Drift {
  /** Null when the counter is in no tenant's Redis. */
  readonly tenantId: string | null;
  readonly counterId: string;
  /** Settled + held. Null: not in Redis. */
  readonly redis: bigint | null;
  /** What `redis` should be: recorded, plus in flight, plus settled and not yet recorded. Null: not there at all. */
  readonly expected: bigint | null;
  readonly held: bigint;
  /** `limit_windows.used`. */
  readonly postgres: bigint;
  /** Sum of the usage events. */
  readonly events: bigint;
}

/**
 * Drift of one tenant between Redis and the ledger; `current` are its {@link currentCounters}. A tenant that is
 * not resident has no counters to be wrong.
 */
export function compareTenant(state: RedisState, ledger: LedgerState, current: readonly string[]): Drift[] {
  if (state.epoch === null) return [];
  const held = sumHolds(state.holds);
  const notRecorded = state.outbox.filter(({ isLate, record }) => !isLate && !ledger.accountedIds.has(record.id));
  const underway = sumRecords(notRecorded.map(({ record }) => record));
  const drifts: Drift[] = [];
  for (const counterId of countersToCompare(state, ledger, current, held.keys())) {
    if (isOfCredits(counterId)) continue;
    const postgres = ledger.windows.get(counterId) ?? 0n;
    const heldHere = held.get(counterId) ?? 0n;
    const expected = postgres - (ledger.pending.get(counterId) ?? 0n) + heldHere + (underway.get(counterId) ?? 0n);
    const redis = state.counters.get(counterId) ?? null;
    if ((redis ?? 0n) === expected) continue;
    const events = ledger.events.get(counterId) ?? 0n;
    drifts.push({ tenantId: state.tenantId, counterId, redis, expected, held: heldHere, postgres, events });
  }
  return [...drifts, ...compareCredits(state, ledger, { held, settled: underway })];
}

/**
 * Drift inside PostgreSQL: a window that is not the sum of its events. Windows of rate limits that ended before the
 * cutoff have been deleted, their events have not: an absence that is no drift.
 */
export function compareLedger(ledger: LedgerState, cutoffMs: number): Drift[] {
  const counterIds = new Set([...ledger.windows.keys(), ...ledger.events.keys()]);
  return [...counterIds].toSorted().flatMap((counterId) => {
    const postgres = ledger.windows.get(counterId) ?? 0n;
    const events = ledger.events.get(counterId) ?? 0n;
    if (postgres === events) return [];
    // A hold's window is deleted once it is closed; a call that came in late may have begun another.
    const { limitKey, unit } = parseCounterId(counterId);
    if (unit === 'micro_credits' && !ledger.definitions.has(limitKey)) return [];
    if (!ledger.windows.has(counterId) && mayBeDeleted(counterId, cutoffMs)) return [];
    return [{ tenantId: null, counterId, redis: null, expected: events, held: 0n, postgres, events }];
  });
}

/** Used counters that decide about calls now, by the tenant in which their limit counts. */
export function currentCounters(ledger: LedgerState, nowMs: number): Map<string, string[]> {
  const countersOf = new Map<string, string[]>();
  for (const definition of ledger.definitions.values()) {
    const used = countersAt(definition, nowMs).filter((counterId) => ledger.windows.has(counterId));
    if (used.length === 0) continue;
    const counterIds = countersOf.get(definition.tenantId);
    if (counterIds === undefined) countersOf.set(definition.tenantId, used);
    else counterIds.push(...used);
  }
  return countersOf;
}

/**
 * What Redis has, plus what calls in flight hold, plus what decides now and has been used according to PostgreSQL: a
 * lost counter would let a budget be spent twice. A limit that moved to another tenant is compared there; but its
 * concurrent requests end where they began, so of those every tenant has its own.
 */
function countersToCompare(
  state: RedisState,
  ledger: LedgerState,
  current: readonly string[],
  held: Iterable<string>,
): string[] {
  const counterIds = new Set<string>(current);
  for (const counterId of [...state.counters.keys(), ...held]) {
    const { limitKey } = parseCounterId(counterId);
    const definition = ledger.definitions.get(limitKey);
    const isHere = definition === undefined || definition.tenantId === state.tenantId;
    if (isHere || unitOfKey(limitKey) === 'concurrent_requests') counterIds.add(counterId);
  }
  return [...counterIds].toSorted();
}
