import type { CreditAccountEntity } from '@penstock/entities';

import { DEFAULT_CREDITS_PER_DOLLAR, DEFAULT_TOKENS_PER_CREDIT } from './plan-terms.js';
import type { AutoRefillResponse, ConversionRatesResponse } from './settings.responses.js';

export function toConversionRatesResponse(account: CreditAccountEntity): ConversionRatesResponse {
  const creditsPerDollar = Number(account.creditsPerDollar);
  return {
    team_id: account.teamId ?? '',
    tokens_per_credit: Number(account.tokensPerCredit),
    credits_per_dollar: creditsPerDollar,
    budget_mode: account.budgetMode,
    using_defaults: {
      tokens_per_credit: account.tokensPerCredit === DEFAULT_TOKENS_PER_CREDIT,
      credits_per_dollar: creditsPerDollar === DEFAULT_CREDITS_PER_DOLLAR,
    },
  };
}

export function toAutoRefillResponse(account: CreditAccountEntity): AutoRefillResponse {
  const { autoRefill, refillCredits, nextRefillAt } = account;
  return {
    team_id: account.teamId ?? '',
    auto_refill_enabled: autoRefill,
    refill_amount: refillCredits === null ? null : Number(refillCredits),
    refill_period: account.refillPeriod,
    last_refill_at: account.lastRefillAt?.toISOString() ?? null,
    next_refill_at: nextRefillAt?.toISOString() ?? null,
    message:
      nextRefillAt === null
        ? 'The team is not refilled.'
        : `The team gets ${refillCredits} credits next at ${nextRefillAt.toISOString()}.`,
  };
}

/** What can be set, as the audit trail keeps it. */
export function settingsForAudit(account: CreditAccountEntity): Record<string, unknown> {
  return {
    budget_mode: account.budgetMode,
    credits_per_dollar: Number(account.creditsPerDollar),
    tokens_per_credit: Number(account.tokensPerCredit),
    overdraft_credits: account.overdraftCredits.toString(),
    low_balance_threshold_credits: account.lowBalanceThresholdCredits?.toString() ?? null,
    auto_refill: account.autoRefill,
    refill_amount: account.refillCredits?.toString() ?? null,
    refill_period: account.refillPeriod,
    next_refill_at: account.nextRefillAt?.toISOString() ?? null,
  };
}
