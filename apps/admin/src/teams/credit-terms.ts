import type { CreditAccountEntity } from '@penstock/entities';

import {
  budgetModeOf,
  DEFAULT_CREDITS_PER_DOLLAR,
  DEFAULT_TOKENS_PER_CREDIT,
  planRates,
} from '../credits/settings/plan-terms.js';

/** How the credits of a team are used. */
export type TeamTerms = Pick<CreditAccountEntity, 'budgetMode' | 'creditsPerDollar' | 'tokensPerCredit'>;

/** Terms as requests have them, of the right types; absent and null: no change. */
export interface AskedTerms {
  readonly budget_mode?: string | null;
  readonly credits_per_dollar?: number | null;
  readonly tokens_per_credit?: number | null;
}

/** Terms of a team for which nothing else was asked. */
export const DEFAULT_TERMS: TeamTerms = {
  budgetMode: 'job_based',
  creditsPerDollar: String(DEFAULT_CREDITS_PER_DOLLAR),
  tokensPerCredit: DEFAULT_TOKENS_PER_CREDIT,
};

/** The terms after a request. @throws AppError `credit_terms_invalid` */
export function planTerms(before: TeamTerms, asked: AskedTerms): TeamTerms {
  const { budget_mode: mode } = asked;
  return {
    budgetMode: mode === undefined || mode === null ? before.budgetMode : budgetModeOf(mode),
    ...planRates(before, asked),
  };
}
