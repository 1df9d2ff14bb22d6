import { AppError, BUDGET_MODES, type BudgetMode } from '@penstock/domain';

/** How the credits of a team are used. */
export interface TeamTerms {
  readonly budgetMode: BudgetMode;
  /** Decimal text with at most two places. */
  readonly creditsPerDollar: string;
  readonly tokensPerCredit: bigint;
}

/** Terms as requests have them, of the right types; absent and null: no change. */
export interface AskedTerms {
  readonly budget_mode?: string | null;
  readonly credits_per_dollar?: number | string | null;
  readonly tokens_per_credit?: number | null;
}

/** Terms of a team for which nothing else was asked. */
export const DEFAULT_TERMS: TeamTerms = { budgetMode: 'job_based', creditsPerDollar: '10', tokensPerCredit: 10_000n };

/** The terms after a request. @throws AppError `request_invalid` for a mode that there is not. */
export function planTerms(before: TeamTerms, asked: AskedTerms): TeamTerms {
  return {
    budgetMode: typeof asked.budget_mode === 'string' ? budgetModeOf(asked.budget_mode) : before.budgetMode,
    creditsPerDollar: String(asked.credits_per_dollar ?? before.creditsPerDollar),
    tokensPerCredit: BigInt(asked.tokens_per_credit ?? before.tokensPerCredit),
  };
}

/** Whether two terms charge alike. */
export function areTermsAlike(one: TeamTerms, other: TeamTerms): boolean {
  return (
    one.budgetMode === other.budgetMode &&
    Number(one.creditsPerDollar) === Number(other.creditsPerDollar) &&
    one.tokensPerCredit === other.tokensPerCredit
  );
}

function budgetModeOf(text: string): BudgetMode {
  const mode = BUDGET_MODES.find((one) => one === text);
  if (mode !== undefined) return mode;
  throw new AppError('request_invalid', {
    detail: `There is no such budget_mode; it is one of ${BUDGET_MODES.join(', ')}.`,
    fields: [{ path: 'budget_mode', reason: `must be one of ${BUDGET_MODES.join(', ')}` }],
  });
}
