import type { PlannedPosting } from '@penstock/domain';
import {
  CONSUMPTION_ACCOUNT_ID,
  type CreditAccountEntity,
  type CreditTransferEntity,
  ISSUANCE_ACCOUNT_ID,
} from '@penstock/entities';
import type { EntityManager } from 'typeorm';

import { raiseCreditAlerts, standingOf } from './credit-alerts.js';
import { DEFAULT_GRANT_PRIORITY, type PostingRequest, requestHashOf } from './posting-request.js';

/** A posting that is decided and has its ids. */
export interface DecidedPosting {
  readonly account: CreditAccountEntity;
  readonly request: PostingRequest;
  readonly plan: PlannedPosting;
  readonly transferId: string;
  /** Of credits that come in. */
  readonly grantId: string;
}

/**
 * One statement, however many postings and tables: the accounts are locked meanwhile, and every round trip would be
 * waited for by everybody who wants the same account. References are checked at its end.
 */
const WRITE = `
  WITH transfers AS (
    INSERT INTO ledger.credit_transfers (id, account_id, type, credits, balance_before_credits,
      balance_after_credits, idempotency_key, request_hash, job_id, calls, reason, payment_nano_usd,
      actor_type, actor_id, request_id, created_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
      $8::text[], $9::uuid[], $10::integer[], $11::text[], $12::numeric[], $13::text[], $14::text[], $15::text[],
      $16::timestamptz[])
    RETURNING id, seq),
  entries AS (
    INSERT INTO ledger.credit_entries (transfer_id, account_id, credits)
    SELECT * FROM unnest($17::uuid[], $18::uuid[], $19::bigint[])),
  accounts AS (
    UPDATE ledger.credit_accounts a
    SET allocated_credits = r.allocated, used_credits = r.used, updated_at = GREATEST(a.updated_at, r.now)
    FROM unnest($2::uuid[], $20::bigint[], $21::bigint[], $16::timestamptz[]) AS r(id, allocated, used, now)
    WHERE a.id = r.id),
  taken AS (
    UPDATE ledger.credit_grants g
    SET burned_credits = g.burned_credits + CASE WHEN r.is_use THEN r.credits ELSE 0 END,
      withdrawn_credits = g.withdrawn_credits + CASE WHEN r.is_use THEN 0 ELSE r.credits END
    FROM unnest($22::uuid[], $23::bigint[], $24::boolean[]) AS r(id, credits, is_use) WHERE g.id = r.id),
  granted AS (
    INSERT INTO ledger.credit_grants (id, account_id, transfer_id, priority, credits, burned_credits,
      withdrawn_credits, expires_at, created_at)
    SELECT id, account_id, transfer_id, priority, credits, burned, 0, expires_at, created_at
    FROM unnest($25::uuid[], $26::uuid[], $27::uuid[], $28::integer[], $29::bigint[], $30::bigint[],
      $31::timestamptz[], $32::timestamptz[])
      AS r(id, account_id, transfer_id, priority, credits, burned, expires_at, created_at)),
  burns AS (
    INSERT INTO ledger.credit_burns (transfer_id, grant_id, credits)
    SELECT * FROM unnest($33::uuid[], $34::uuid[], $35::bigint[]))
  SELECT id, seq FROM transfers`;

/**
 * Writes postings of different accounts, all of which the caller has locked. The accounts in memory are changed as well.
 * Answers the transfers, in the order of the postings.
 */
export async function writePostings(
  tx: EntityManager,
  postings: readonly DecidedPosting[],
): Promise<CreditTransferEntity[]> {
  const [first] = postings;
  if (first === undefined) return [];
  const transfers = postings.map((posting) => transferOf(posting));
  const written: { id: string; seq: string }[] = await tx.query(WRITE, [
    ...transferColumns(transfers),
    ...entryColumns(postings),
    postings.map(({ plan }) => plan.allocatedCredits.toString()),
    postings.map(({ plan }) => plan.usedCredits.toString()),
    ...takeColumns(postings),
    ...grantColumns(postings),
    ...burnColumns(postings),
  ]);
  const seqs = new Map(written.map(({ id, seq }) => [id, seq]));
  const changes = postings.map(({ account, transferId }) => ({ account, transferId, before: standingOf(account) }));
  for (const { account, plan, request } of postings) {
    account.allocatedCredits = plan.allocatedCredits;
    account.usedCredits = plan.usedCredits;
    if (request.now > account.updatedAt) account.updatedAt = request.now;
  }
  await raiseCreditAlerts(tx, changes, first.request.now);
  return transfers.map((transfer) => ({ ...transfer, seq: seqs.get(transfer.id) ?? '' }));
}

function transferOf({ account, request, plan, transferId }: DecidedPosting): Omit<CreditTransferEntity, 'seq'> {
  return {
    id: transferId,
    accountId: account.id,
    type: request.type,
    credits: request.credits,
    balanceBeforeCredits: plan.balanceBeforeCredits,
    balanceAfterCredits: plan.balanceAfterCredits,
    idempotencyKey: request.idempotencyKey,
    requestHash: requestHashOf(request),
    jobId: request.jobId ?? null,
    calls: request.calls ?? null,
    reason: request.reason ?? null,
    paymentNanoUsd: request.paymentNanoUsd ?? null,
    actorType: request.actor.kind,
    actorId: request.actor.id,
    requestId: request.requestId,
    createdAt: request.now,
  };
}

/** In the order of {@link WRITE}, as all of these. */
function transferColumns(transfers: readonly Omit<CreditTransferEntity, 'seq'>[]): unknown[][] {
  return [
    transfers.map(({ id }) => id),
    transfers.map(({ accountId }) => accountId),
    transfers.map(({ type }) => type),
    transfers.map(({ credits }) => credits.toString()),
    transfers.map(({ balanceBeforeCredits }) => balanceBeforeCredits.toString()),
    transfers.map(({ balanceAfterCredits }) => balanceAfterCredits.toString()),
    transfers.map(({ idempotencyKey }) => idempotencyKey),
    transfers.map(({ requestHash }) => requestHash),
    transfers.map(({ jobId }) => jobId),
    transfers.map(({ calls }) => calls),
    transfers.map(({ reason }) => reason),
    transfers.map(({ paymentNanoUsd }) => paymentNanoUsd?.toString() ?? null),
    transfers.map(({ actorType }) => actorType),
    transfers.map(({ actorId }) => actorId),
    transfers.map(({ requestId }) => requestId),
    transfers.map(({ createdAt }) => createdAt.toISOString()),
  ];
}

function entryColumns(postings: readonly DecidedPosting[]): unknown[][] {
  const entries = postings.flatMap(({ account, request, transferId }) => {
    const { credits, direction, type } = request;
    const change = direction === 'in' ? credits : -credits;
    const other = type === 'deduction' ? CONSUMPTION_ACCOUNT_ID : ISSUANCE_ACCOUNT_ID;
    return [
      { transferId, accountId: account.id, credits: change },
      { transferId, accountId: other, credits: -change },
    ];
  });
  return [
    entries.map(({ transferId }) => transferId),
    entries.map(({ accountId }) => accountId),
    entries.map(({ credits }) => credits.toString()),
  ];
}

function takeColumns(postings: readonly DecidedPosting[]): unknown[][] {
  const takes = postings.flatMap(({ request, plan }) =>
    plan.takes.map((take) => ({ ...take, isUse: request.type === 'deduction' })),
  );
  return [
    takes.map(({ grantId }) => grantId),
    takes.map(({ credits }) => credits.toString()),
    takes.map(({ isUse }) => isUse),
  ];
}

function grantColumns(postings: readonly DecidedPosting[]): unknown[][] {
  const incoming = postings.filter(({ request }) => request.direction === 'in');
  return [
    incoming.map(({ grantId }) => grantId),
    incoming.map(({ account }) => account.id),
    incoming.map(({ transferId }) => transferId),
    incoming.map(({ request }) => request.grant?.priority ?? DEFAULT_GRANT_PRIORITY),
    incoming.map(({ request }) => request.credits.toString()),
    incoming.map(({ plan }) => plan.settledCredits.toString()),
    incoming.map(({ request }) => request.grant?.expiresAt?.toISOString() ?? null),
    incoming.map(({ request }) => request.now.toISOString()),
  ];
}

function burnColumns(postings: readonly DecidedPosting[]): unknown[][] {
  const burns = postings.flatMap(({ plan, transferId, grantId }) => [
    ...plan.takes.map((take) => ({ transferId, ...take })),
    ...(plan.settledCredits > 0n ? [{ transferId, grantId, credits: plan.settledCredits }] : []),
  ]);
  return [
    burns.map(({ transferId }) => transferId),
    burns.map(({ grantId }) => grantId),
    burns.map(({ credits }) => credits.toString()),
  ];
}
