import { balanceOf, formatUsd, nanoUsd } from '@penstock/domain';
import type { CreditAccountEntity, CreditGrantEntity, CreditTransferEntity, SaasTeamEntity } from '@penstock/entities';

import type { CreditAccountResponse } from './credit-account.response.js';
import type { CreditGrantResponse, CreditTransactionResponse } from './credit-transaction.response.js';

/** What is known of an account besides its row. */
export interface AccountSurroundings {
  readonly status: SaasTeamEntity['status'];
  /** Used and held, by Redis; null: it is away. */
  readonly takenCredits: bigint | null;
  /** Percent that the organization adds where a model has no price of its own. */
  readonly costMarkupPercentage: number;
}

/** An account on the wire. */
export function toCreditAccountResponse(
  account: CreditAccountEntity,
  { status, takenCredits, costMarkupPercentage }: AccountSurroundings,
): CreditAccountResponse {
  const { allocatedCredits, usedCredits, overdraftCredits } = account;
  return {
    team_id: account.teamId ?? '',
    organization_id: account.organizationId ?? '',
    credits_allocated: Number(allocatedCredits),
    credits_used: Number(usedCredits),
    credits_remaining: Number(balanceOf(account)),
    credits_held: takenCredits === null ? null : Number(takenCredits - usedCredits),
    credits_available: takenCredits === null ? null : Number(allocatedCredits + overdraftCredits - takenCredits),
    overdraft_credits: Number(overdraftCredits),
    low_balance_threshold_credits: toNumber(account.lowBalanceThresholdCredits),
    credit_limit: null,
    auto_refill: account.autoRefill,
    refill_amount: toNumber(account.refillCredits),
    refill_period: account.refillPeriod,
    last_refill_at: account.lastRefillAt?.toISOString() ?? null,
    next_refill_at: account.nextRefillAt?.toISOString() ?? null,
    budget_mode: account.budgetMode,
    credits_per_dollar: Number(account.creditsPerDollar),
    tokens_per_credit: Number(account.tokensPerCredit),
    cost_markup_percentage: costMarkupPercentage,
    status,
    created_at: account.createdAt.toISOString(),
    updated_at: account.updatedAt.toISOString(),
  };
}

/** A booking on the wire. */
export function toCreditTransactionResponse(
  account: Pick<CreditAccountEntity, 'teamId' | 'organizationId'>,
  transfer: CreditTransferEntity,
): CreditTransactionResponse {
  return {
    transaction_id: transfer.id,
    team_id: account.teamId ?? '',
    organization_id: account.organizationId ?? '',
    job_id: transfer.jobId,
    transaction_type: transfer.type,
    credits_amount: Number(transfer.credits),
    direction: transfer.balanceAfterCredits > transfer.balanceBeforeCredits ? 'in' : 'out',
    credits_before: Number(transfer.balanceBeforeCredits),
    credits_after: Number(transfer.balanceAfterCredits),
    reason: transfer.reason,
    calls: transfer.calls,
    payment_amount_usd: transfer.paymentNanoUsd === null ? null : Number(formatUsd(nanoUsd(transfer.paymentNanoUsd))),
    created_at: transfer.createdAt.toISOString(),
  };
}

/** A grant on the wire. */
export function toCreditGrantResponse(grant: CreditGrantEntity): CreditGrantResponse {
  return {
    grant_id: grant.id,
    transaction_id: grant.transferId,
    priority: grant.priority,
    credits: Number(grant.credits),
    credits_burned: Number(grant.burnedCredits),
    credits_withdrawn: Number(grant.withdrawnCredits),
    credits_remaining: Number(grant.credits - grant.burnedCredits - grant.withdrawnCredits),
    expires_at: grant.expiresAt?.toISOString() ?? null,
    created_at: grant.createdAt.toISOString(),
  };
}

function toNumber(credits: bigint | null): number | null {
  return credits === null ? null : Number(credits);
}
