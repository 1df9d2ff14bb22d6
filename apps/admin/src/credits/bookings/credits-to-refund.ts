import { AppError } from '@penstock/domain';
import type { CreditAccountEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

/** What is to be refunded: all of a job, a part of it, or a number of credits. */
export interface RefundOf {
  readonly jobId?: string | null | undefined;
  readonly credits?: number | null | undefined;
}

/**
 * How many credits a refund gives back: never more than what was used and not refunded yet, nor than what is left of
 * the job, where it is of one. The caller holds the lock on the account, so two refunds of the same job see
 * each other.
 *
 * @throws AppError `not_found` for a job that the account was not charged for, `refund_too_large`.
 */
export async function creditsToRefund(
  tx: EntityManager,
  account: CreditAccountEntity,
  { jobId, credits }: RefundOf,
): Promise<bigint> {
  const leftInAll = account.usedCredits - (await refundedOf(tx, account.id, null));
  const left = jobId ? smaller(await leftOfJob(tx, account, jobId), leftInAll) : leftInAll;
  const asked = credits ? BigInt(credits) : left;
  if (asked > left || left <= 0n) {
    throw new AppError('refund_too_large', {
      detail: `${left > 0n ? left : 0n} credits are left to refund${jobId ? ' of this job' : ''}.`,
    });
  }
  return asked;
}

async function leftOfJob(tx: EntityManager, { id, teamId }: CreditAccountEntity, jobId: string): Promise<bigint> {
  const [deduction]: { credits: string }[] = await tx.query(
    `SELECT credits FROM ledger.credit_transfers WHERE job_id = $2 AND type = 'deduction' AND account_id = $1`,
    [id, jobId],
  );
  if (deduction === undefined) {
    throw new AppError('not_found', { detail: `Team '${teamId}' was charged for no job '${jobId}'.` });
  }
  return BigInt(deduction.credits) - (await refundedOf(tx, id, jobId));
}

async function refundedOf(tx: EntityManager, accountId: string, jobId: string | null): Promise<bigint> {
  const [row]: { refunded: string }[] = await tx.query(
    `SELECT COALESCE(sum(credits), 0) AS refunded FROM ledger.credit_transfers
      WHERE account_id = $1 AND type = 'refund' AND ($2::uuid IS NULL OR job_id = $2)`,
    [accountId, jobId],
  );
  return BigInt(row?.refunded ?? 0);
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
