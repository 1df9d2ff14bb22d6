import { creditCounterId, creditHoldCounterId, creditsHeld, unitOfKey } from '@penstock/domain';

import type { Drift } from './compare.js';
import type { LedgerState } from './ledger-state.js';
import type { RedisState } from './redis-state.js';

/** What Redis has on its way to PostgreSQL, by counter. */
export interface Underway {
  /** Of calls in flight. */
  readonly held: ReadonlyMap<string, bigint>;
  /** Of calls that PostgreSQL does not have yet. */
  readonly settled: ReadonlyMap<string, bigint>;
}

/** Counters of credits and of holds on them: what they should be follows from the accounts, not only from events. */
export function isOfCredits(counterId: string): boolean {
  const unit = unitOfKey(counterId);
  return unit === 'credits' || unit === 'micro_credits';
}

/**
 * Drift of a tenant's credits between Redis and the ledger. A hold has the micro credits of its calls; its account has
 * what was used and, for every open hold, the whole credits that this comes to. The counter of a hold that is closed
 * must be gone: it would keep credits from their team for ever.
 */
export function compareCredits(state: RedisState, ledger: LedgerState, { held, settled }: Underway): Drift[] {
  const drifts: Drift[] = [];
  const known = new Set<string>();
  const add = (counterId: string, postgres: bigint, expected: bigint | null): void => {
    known.add(counterId);
    const redis = state.counters.get(counterId) ?? null;
    if (redis === expected) return;
    const heldHere = held.get(counterId) ?? 0n;
    const events = ledger.events.get(counterId) ?? 0n;
    drifts.push({ tenantId: state.tenantId, counterId, redis, expected, held: heldHere, postgres, events });
  };
  const onTop = (counterId: string): bigint =>
    (held.get(counterId) ?? 0n) + (settled.get(counterId) ?? 0n) - (ledger.pending.get(counterId) ?? 0n);
  for (const account of ledger.credits) {
    if (account.tenantId !== state.tenantId) continue;
    const counterId = creditCounterId(account.accountSeq);
    let expected = BigInt(account.usedCredits) + onTop(counterId);
    for (const { seq, microCredits, isOpen } of account.holds) {
      const holdId = creditHoldCounterId(seq);
      // Whether one that is being opened is in force, Redis decides.
      if (!isOpen && !state.counters.has(holdId)) continue;
      const micro = BigInt(microCredits) + onTop(holdId);
      add(holdId, BigInt(microCredits), micro);
      expected += creditsHeld(micro);
    }
    // An account that nobody has used since it was loaded may have no counter.
    if (expected !== 0n || state.counters.has(counterId)) add(counterId, BigInt(account.usedCredits), expected);
  }
  for (const counterId of state.counters.keys()) {
    if (unitOfKey(counterId) === 'micro_credits' && !known.has(counterId)) add(counterId, 0n, null);
  }
  return drifts;
}
