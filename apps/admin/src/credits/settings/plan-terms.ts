import {
  AppError,
  BUDGET_MODES,
  type BudgetMode,
  REFILL_PERIODS,
  type RefillPeriod,
  refillPeriodStart,
} from '@penstock/domain';
import type { CreditAccountEntity } from '@penstock/entities';

import type { AutoRefillRequest, RatesRequest } from './settings.requests.js';

export const DEFAULT_TOKENS_PER_CREDIT = 10_000n;
export const DEFAULT_CREDITS_PER_DOLLAR = 10;

/** Hundredths of the largest rate that the books can hold, `numeric(12, 2)`. */
const HUNDREDTHS_MAX = 100_000_000_000n;
/** Any other number is negative, or written with an exponent: less than a millionth, or more than 10^21. */
const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

type Terms = Pick<CreditAccountEntity, 'tokensPerCredit' | 'creditsPerDollar'>;

/** @throws AppError `credit_terms_invalid` for a text that is no mode. */
export function budgetModeOf(text: string): BudgetMode {
  const mode = BUDGET_MODES.find((one) => one === text);
  if (mode !== undefined) return mode;
  throw new AppError('credit_terms_invalid', { detail: `budget_mode must be one of ${BUDGET_MODES.join(', ')}.` });
}

/** The rates after a request; null and absent change nothing. @throws AppError `credit_terms_invalid` */
export function planRates(before: Terms, request: RatesRequest): Terms {
  const { tokens_per_credit: tokens, credits_per_dollar: credits } = request;
  if (typeof tokens === 'number' && tokens < 1) {
    throw new AppError('credit_terms_invalid', { detail: 'tokens_per_credit must be greater than 0.' });
  }
  return {
    tokensPerCredit: typeof tokens === 'number' ? BigInt(tokens) : before.tokensPerCredit,
    creditsPerDollar: typeof credits === 'number' ? twoDecimals(credits) : before.creditsPerDollar,
  };
}

type Refill = Pick<
  CreditAccountEntity,
  'autoRefill' | 'refillCredits' | 'refillPeriod' | 'refillAnchorAt' | 'nextRefillAt'
>;

/**
 * The refill after a request. Disabling keeps the settings. Periods are counted from the moment at which the refill was
 * enabled or its period changed; another amount alone leaves them as they are, so asking for the same again changes
 * nothing.
 *
 * @throws AppError `credit_terms_invalid` when it is enabled without a positive amount or without a period.
 */
export function planAutoRefill(before: Refill, request: AutoRefillRequest, now: Date): Refill {
  if (!request.enabled) return { ...before, autoRefill: false, nextRefillAt: null };
  const { refill_amount: amount } = request;
  const period = request.refill_period === null || request.refill_period === undefined ? null : request.refill_period;
  if (typeof amount !== 'number' || amount < 1) {
    throw new AppError('credit_terms_invalid', { detail: 'refill_amount must be greater than 0 to enable a refill.' });
  }
  const refillPeriod = REFILL_PERIODS.find((one) => one === period);
  if (refillPeriod === undefined) {
    throw new AppError('credit_terms_invalid', {
      detail: `refill_period must be one of ${REFILL_PERIODS.join(', ')}.`,
    });
  }
  const isRunning = before.autoRefill && before.refillPeriod === refillPeriod;
  const refillAnchorAt = isRunning ? before.refillAnchorAt : now;
  return {
    autoRefill: true,
    refillCredits: BigInt(amount),
    refillPeriod,
    refillAnchorAt,
    nextRefillAt: isRunning ? before.nextRefillAt : firstEnd(refillPeriod, now),
  };
}

function firstEnd(period: RefillPeriod, anchor: Date): Date {
  return new Date(refillPeriodStart({ period, anchorMs: anchor.getTime() }, 1));
}

/** By the shortest decimal text of the number: 0.1 is one tenth. Half a hundredth is rounded up. */
function twoDecimals(value: number): string {
  const [, whole = '0', fraction = ''] = DECIMAL.exec(String(value)) ?? [];
  const digits = fraction.padEnd(3, '0');
  const hundredths = BigInt(whole + digits.slice(0, 2)) + (digits.charAt(2) >= '5' ? 1n : 0n);
  if (hundredths < 1n || hundredths > HUNDREDTHS_MAX) {
    throw new AppError('credit_terms_invalid', {
      detail: 'credits_per_dollar must be at least 0.01 and at most 1000000000.',
    });
  }
  return `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')}`;
}
