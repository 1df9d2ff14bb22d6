import type { CreditTransferEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

/** Everything that had come into an account, less withdrawn, right after a booking; the same for its repetitions. */
export async function allocatedAfter(
  manager: EntityManager,
  { accountId, seq }: Pick<CreditTransferEntity, 'accountId' | 'seq'>,
): Promise<bigint> {
  const [row]: { allocated: string }[] = await manager.query(
    `SELECT a.allocated_credits - COALESCE((
         SELECT sum(t.balance_after_credits - t.balance_before_credits) FROM ledger.credit_transfers t
         WHERE t.account_id = a.id AND t.seq > $2 AND t.type <> 'deduction'), 0) AS allocated
       FROM ledger.credit_accounts a WHERE a.id = $1`,
    [accountId, seq],
  );
  return BigInt(row?.allocated ?? 0);
}
