import { createHash } from 'node:crypto';

import type { CreditTransferType } from '@penstock/domain';

/** Grants that are not said to be burned earlier or later. */
export const DEFAULT_GRANT_PRIORITY = 100;

/** In which order credits that come in are used, and until when. */
export interface GrantTerms {
  /** Lower numbers are burned first; {@link DEFAULT_GRANT_PRIORITY} when absent. */
  readonly priority?: number;
  /** From then on what is left of them expires; null: never. */
  readonly expiresAt?: Date | null;
}

/** A movement of credits into a team's account or out of it. */
export interface PostingRequest {
  /** Out of the account, `deduction` is use; everything else takes back what was not used. */
  readonly type: CreditTransferType;
  /** How many, more than zero. */
  readonly credits: bigint;
  readonly direction: 'in' | 'out';
  /** Unique within the account. */
  readonly idempotencyKey: string;
  readonly jobId?: string;
  /** How many calls without a job a deduction stands for. */
  readonly calls?: number;
  readonly reason?: string;
  /** What was paid. */
  readonly paymentNanoUsd?: bigint;
  /** Of credits that come in. */
  readonly grant?: GrantTerms;
  /** Of credits that are taken back: from this grant only. */
  readonly fromGrantId?: string;
  readonly actor: { readonly kind: string; readonly id: string };
  /** Null: no request asked for it. */
  readonly requestId: string | null;
  readonly now: Date;
}

/** SHA-256 of what was asked for, whoever asked and whenever. */
export function requestHashOf(request: PostingRequest): string {
  const { type, credits, direction, jobId, calls, reason, paymentNanoUsd, grant, fromGrantId } = request;
  const asked = [
    type,
    credits.toString(),
    direction,
    jobId ?? null,
    calls ?? null,
    reason ?? null,
    paymentNanoUsd?.toString() ?? null,
    grant?.priority ?? null,
    grant?.expiresAt?.getTime() ?? null,
    fromGrantId ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}
