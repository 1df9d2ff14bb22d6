import { amountFor, parseCounterId, unitOfKey } from '@penstock/domain';
import { chargedAmountsOf, type UsageRecord } from '@penstock/dto';

/** What a set of calls adds to one counter. */
export interface WindowIncrement {
  readonly counterId: string;
  readonly limitKey: string;
  readonly generation: number;
  readonly windowStartMs: number;
  readonly amount: bigint;
}

/**
 * Sums calls by counter, sorted by counter id: every transaction then locks rows in the same order, so two
 * batches of one tenant wait for each other and never deadlock. Concurrent requests leave nothing to account for.
 */
export function sumWindows(records: readonly UsageRecord[]): WindowIncrement[] {
  const sums = new Map<string, { parsed: ReturnType<typeof parseCounterId>; amount: bigint }>();
  for (const record of records) {
    const amounts = chargedAmountsOf(record);
    for (const counterId of record.counters) {
      if (unitOfKey(counterId) === 'concurrent_requests') continue;
      let sum = sums.get(counterId);
      if (sum === undefined) {
        sum = { parsed: parseCounterId(counterId), amount: 0n };
        sums.set(counterId, sum);
      }
      sum.amount += amountFor(sum.parsed.unit, amounts);
    }
  }
  return [...sums.keys()].toSorted(byCodePoint).map((counterId) => {
    const { parsed, amount } = sums.get(counterId)!;
    return {
      counterId,
      limitKey: parsed.limitKey,
      generation: parsed.generation,
      windowStartMs: parsed.windowStartMs,
      amount,
    };
  });
}

/** Total order of texts that does not depend on the machine's locale. */
export function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
