import type { PlannedPosting } from '@penstock/domain';
import { CONSUMPTION_ACCOUNT_ID, type CreditAccountEntity, ISSUANCE_ACCOUNT_ID } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

import { raiseCreditAlerts, standingOf } from './credit-alerts.js';
import { DEFAULT_GRANT_PRIORITY, type PostingRequest, requestHashOf } from './posting-request.js';

/** A posting that is decided and has its ids. */
export interface DecidedPosting {
  readonly account: CreditAccountEntity;
  readonly request: PostingRequest;
  readonly plan: PlannedPosting;
  readonly transferId: string;
  /** Of credits that come in; the same for none other. */
  readonly grantId: string;
}

/**
 * Writes postings of different accounts, all of which the caller has locked: a statement per table, however many they
 * are. The accounts in memory are changed as well.
 */
export async function writePostings(tx: EntityManager, postings: readonly DecidedPosting[]): Promise<void> {
  const [first] = postings;
  if (first === undefined) return;
  const changes = postings.map(({ account, transferId }) => ({ account, transferId, before: standingOf(account) }));
  await insertTransfers(tx, postings);
  await insertEntries(tx, postings);
  await updateAccounts(tx, postings);
  await updateGrants(tx, postings);
  await insertGrants(tx, postings);
  await insertBurns(tx, postings);
  await raiseCreditAlerts(tx, changes, first.request.now);
}

async function insertTransfers(tx: EntityManager, postings: readonly DecidedPosting[]): Promise<void> {
  const of = <T>(read: (posting: DecidedPosting) => T): T[] => postings.map(read);
  await tx.query(
    `INSERT INTO ledger.credit_transfers (id, account_id, type, credits, balance_before_credits,
       balance_after_credits, idempotency_key, request_hash, job_id, calls, reason, payment_nano_usd,
       actor_type, actor_id, request_id, created_at)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
       $8::text[], $9::uuid[], $10::integer[], $11::text[], $12::numeric[], $13::text[], $14::text[], $15::text[],
       $16::timestamptz[])`,
    [
      of(({ transferId }) => transferId),
      of(({ account }) => account.id),
      of(({ request }) => request.type),
      of(({ request }) => request.credits.toString()),
      of(({ plan }) => plan.balanceBeforeCredits.toString()),
      of(({ plan }) => plan.balanceAfterCredits.toString()),
      of(({ request }) => request.idempotencyKey),
      of(({ request }) => requestHashOf(request)),
      of(({ request }) => request.jobId ?? null),
      of(({ request }) => request.calls ?? null),
      of(({ request }) => request.reason ?? null),
      of(({ request }) => request.paymentNanoUsd?.toString() ?? null),
      of(({ request }) => request.actor.kind),
      of(({ request }) => request.actor.id),
      of(({ request }) => request.requestId),
      of(({ request }) => request.now.toISOString()),
    ],
  );
}

async function insertEntries(tx: EntityManager, postings: readonly DecidedPosting[]): Promise<void> {
  const entries = postings.flatMap(({ account, request, transferId }) => {
    const { credits, direction, type } = request;
    const change = direction === 'in' ? credits : -credits;
    const other = type === 'deduction' ? CONSUMPTION_ACCOUNT_ID : ISSUANCE_ACCOUNT_ID;
    return [
      { transferId, accountId: account.id, credits: change },
      { transferId, accountId: other, credits: -change },
    ];
  });
  await tx.query(
    `INSERT INTO ledger.credit_entries (transfer_id, account_id, credits)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])`,
    [
      entries.map(({ transferId }) => transferId),
      entries.map(({ accountId }) => accountId),
      entries.map(({ credits }) => credits.toString()),
    ],
  );
}

async function updateAccounts(tx: EntityManager, postings: readonly DecidedPosting[]): Promise<void> {
  await tx.query(
    `UPDATE ledger.credit_accounts a
     SET allocated_credits = r.allocated, used_credits = r.used, updated_at = GREATEST(a.updated_at, r.now)
     FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[]) AS r(id, allocated, used, now)
     WHERE a.id = r.id`,
    [
      postings.map(({ account }) => account.id),
      postings.map(({ plan }) => plan.allocatedCredits.toString()),
      postings.map(({ plan }) => plan.usedCredits.toString()),
      postings.map(({ request }) => request.now.toISOString()),
    ],
  );
  for (const { account, plan, request } of postings) {
    account.allocatedCredits = plan.allocatedCredits;
    account.usedCredits = plan.usedCredits;
    if (request.now > account.updatedAt) account.updatedAt = request.now;
  }
}

async function updateGrants(tx: EntityManager, postings: readonly DecidedPosting[]): Promise<void> {
  const takes = postings.flatMap(({ request, plan }) =>
    plan.takes.map((take) => ({ ...take, isUse: request.type === 'deduction' })),
  );
  if (takes.length === 0) return;
  await tx.query(
    `UPDATE ledger.credit_grants g
     SET burned_credits = g.burned_credits + CASE WHEN r.is_use THEN r.credits ELSE 0 END,
       withdrawn_credits = g.withdrawn_credits + CASE WHEN r.is_use THEN 0 ELSE r.credits END
     FROM unnest($1::uuid[], $2::bigint[], $3::boolean[]) AS r(id, credits, is_use) WHERE g.id = r.id`,
    [takes.map(({ grantId }) => grantId), takes.map(({ credits }) => credits.toString()), takes.map((t) => t.isUse)],
  );
}

async function insertGrants(tx: EntityManager, postings: readonly DecidedPosting[]): Promise<void> {
  const incoming = postings.filter(({ request }) => request.direction === 'in');
  if (incoming.length === 0) return;
  await tx.query(
    `INSERT INTO ledger.credit_grants (id, account_id, transfer_id, priority, credits, burned_credits,
       withdrawn_credits, expires_at, created_at)
     SELECT id, account_id, transfer_id, priority, credits, burned, 0, expires_at, created_at
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::integer[], $5::bigint[], $6::bigint[], $7::timestamptz[],
       $8::timestamptz[]) AS r(id, account_id, transfer_id, priority, credits, burned, expires_at, created_at)`,
    [
      incoming.map(({ grantId }) => grantId),
      incoming.map(({ account }) => account.id),
      incoming.map(({ transferId }) => transferId),
      incoming.map(({ request }) => request.grant?.priority ?? DEFAULT_GRANT_PRIORITY),
      incoming.map(({ request }) => request.credits.toString()),
      incoming.map(({ plan }) => plan.settledCredits.toString()),
      incoming.map(({ request }) => request.grant?.expiresAt?.toISOString() ?? null),
      incoming.map(({ request }) => request.now.toISOString()),
    ],
  );
}

async function insertBurns(tx: EntityManager, postings: readonly DecidedPosting[]): Promise<void> {
  const burns = postings.flatMap(({ plan, transferId, grantId }) => [
    ...plan.takes.map((take) => ({ transferId, ...take })),
    ...(plan.settledCredits > 0n ? [{ transferId, grantId, credits: plan.settledCredits }] : []),
  ]);
  if (burns.length === 0) return;
  await tx.query(
    `INSERT INTO ledger.credit_burns (transfer_id, grant_id, credits)
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])`,
    [
      burns.map(({ transferId }) => transferId),
      burns.map(({ grantId }) => grantId),
      burns.map(({ credits }) => credits.toString()),
    ],
  );
}
