import { parseCounterId, uuidv7 } from '@penstock/domain';
import type { UsageRecord } from '@penstock/dto';
import { CreditLedger, type PostedUsage } from '@penstock/management';
import type { EntityManager } from 'typeorm';

/** Who posts what calls use. */
const ACTOR = { kind: 'system', id: 'worker' } as const;

/**
 * What the calls of one transaction take from the credits of their teams: one transfer for each account, which the
 * usage events name. Calls of jobs are charged with their job.
 */
export class CreditDeductions {
  private readonly ledger = new CreditLedger();
  private readonly transferIds = new Map<string, string>();

  /** The transfer that a call will be part of, should it be new; null for one that takes no credits by itself. */
  transferIdOf(record: UsageRecord): string | null {
    const counterId = creditCounterOf(record);
    if (counterId === undefined) return null;
    let transferId = this.transferIds.get(counterId);
    if (transferId === undefined) {
      transferId = uuidv7();
      this.transferIds.set(counterId, transferId);
    }
    return transferId;
  }

  /** Posts what the calls that were new come to. */
  async post(tx: EntityManager, newRecords: readonly UsageRecord[], now: Date): Promise<readonly PostedUsage[]> {
    const sums = new Map<string, { credits: bigint; calls: number }>();
    for (const record of newRecords) {
      const counterId = creditCounterOf(record);
      if (counterId === undefined) continue;
      const sum = sums.get(counterId) ?? { credits: 0n, calls: 0 };
      sum.credits += BigInt(record.credits ?? 0);
      sum.calls += 1;
      sums.set(counterId, sum);
    }
    if (sums.size === 0) return [];
    const counterIdOf = new Map([...sums.keys()].map((counterId) => [accountSeqOf(counterId), counterId]));
    const accounts: { id: string; seq: string }[] = await tx.query(
      'SELECT id, seq FROM ledger.credit_accounts WHERE seq = ANY($1::bigint[])',
      [[...counterIdOf.keys()]],
    );
    const increments = accounts.map(({ id, seq }) => {
      const counterId = counterIdOf.get(seq)!;
      return { accountId: id, transferId: this.transferIds.get(counterId)!, ...sums.get(counterId)! };
    });
    return this.ledger.postUsage(tx, increments, { actor: ACTOR, requestId: null, now });
  }
}

/** The counter of the credits that a call takes by itself. */
function creditCounterOf({ counters, credits }: UsageRecord): string | undefined {
  if (credits === undefined || credits === '0') return undefined;
  return counters.find((counterId) => counterId.startsWith('k'));
}

/** Reverse of `creditCounterId`. */
function accountSeqOf(counterId: string): string {
  return String(Number.parseInt(parseCounterId(counterId).limitKey.slice(1), 36));
}
