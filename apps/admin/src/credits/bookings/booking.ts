import { AppError, balanceOf, instantOf, uuidv7 } from '@penstock/domain';
import type { CreditAccountEntity, CreditTransferEntity } from '@penstock/entities';
import type { Change, GrantTerms, PostingRequest } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';

import type { GrantFields } from '../credit-fields.js';

/** What a booking came to. */
export interface Booked {
  readonly account: CreditAccountEntity;
  readonly transfer: CreditTransferEntity;
}

/** Keys of callers lie apart from those of the house, such as `refill:` and `usage:`. */
export function clientKey(key: string | undefined): string {
  return key === undefined ? `request:${uuidv7()}` : `client:${key}`;
}

/** The terms of a grant as they were asked for. */
export function grantTermsOf({ priority, expires_at: expiry }: GrantFields): GrantTerms {
  const expiresAt = expiry === null || expiry === undefined ? null : instantOf(expiry);
  return { expiresAt, ...(priority === null || priority === undefined ? {} : { priority }) };
}

/** The largest total that JSON numbers are exact for. */
const ALLOCATED_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Refuses what cannot come in. Not asked of a repetition: what was booked is answered, whatever has become of it. */
export function refuseImpossible({ allocatedCredits }: CreditAccountEntity, request: PostingRequest): void {
  const expiresAt = request.grant?.expiresAt ?? null;
  if (expiresAt !== null && expiresAt <= request.now) {
    throw new AppError('validation_failed', { fields: [{ path: 'expires_at', reason: 'must be in the future' }] });
  }
  if (allocatedCredits + request.credits > ALLOCATED_MAX) {
    throw new AppError('credit_terms_invalid', {
      detail: `An account holds at most ${ALLOCATED_MAX} credits in all: JSON numbers are not exact beyond.`,
    });
  }
}

/** Who books, and when. */
export function postingContextOf(ctx: RequestContext): Pick<PostingRequest, 'actor' | 'requestId' | 'now'> {
  return { actor: ctx.actor, requestId: ctx.requestId, now: new Date(ctx.nowMs) };
}

/** The entry of a booking in the audit trail of the team's tenant. */
export function auditBooking(
  change: Change,
  action: string,
  account: CreditAccountEntity,
  balanceBeforeCredits: bigint,
  { id, type, credits, jobId, reason }: CreditTransferEntity,
): void {
  change.audit({
    tenantId: account.tenantId ?? '',
    action,
    entityType: 'credit_account',
    entityId: account.teamId ?? '',
    before: { credits_remaining: balanceBeforeCredits.toString() },
    after: {
      credits_remaining: balanceOf(account).toString(),
      transaction_id: id,
      transaction_type: type,
      credits: credits.toString(),
      job_id: jobId,
      reason,
    },
  });
}
