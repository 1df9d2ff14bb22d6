/** How a team's credits are used: by the job, by the dollar, or by the token. */
export type BudgetMode = 'job_based' | 'consumption_usd' | 'consumption_tokens';

/** Every {@link BudgetMode}. */
export const BUDGET_MODES = ['job_based', 'consumption_usd', 'consumption_tokens'] as const satisfies BudgetMode[];

/** Why credits moved. */
export type CreditTransferType = (typeof CREDIT_TRANSFER_TYPES)[number];

/** Every {@link CreditTransferType}. */
export const CREDIT_TRANSFER_TYPES = [
  'allocation',
  'deduction',
  'refund',
  'subscription_payment',
  'one_time_payment',
  'adjustment',
  'refill',
  'expiry',
] as const;

/** What a team's credits are worth. */
export interface CreditTerms {
  readonly mode: BudgetMode;
  /** Hundredths of a credit for one dollar of client cost; the API takes two decimals. */
  readonly hundredthsPerDollar: bigint;
  readonly tokensPerCredit: bigint;
}

/** What credits are charged for. */
export interface CreditedUsage {
  readonly tokens: number;
  /** What the client pays, nano-dollars. */
  readonly clientCostNanoUsd: bigint;
}

/** Parts of a credit that a job's calls are counted in. */
export const MICRO_CREDITS_PER_CREDIT = 1_000_000n;

/** Nano-dollars times hundredths of a credit that make one credit. */
const NANO_HUNDREDTHS = 1_000_000_000n * 100n;

/** Nothing that is done costs less than this. */
const MINIMUM = 1n;

/**
 * Credits of a finished job, or of a call without one: fractions are dropped, but one credit is the least. By the job
 * it is one, whatever was used.
 */
export function creditsFor(terms: CreditTerms, used: CreditedUsage): bigint {
  switch (terms.mode) {
    case 'job_based':
      return MINIMUM;
    case 'consumption_usd':
      return atLeastOne((used.clientCostNanoUsd * terms.hundredthsPerDollar) / NANO_HUNDREDTHS);
    case 'consumption_tokens':
      return atLeastOne(BigInt(used.tokens) / terms.tokensPerCredit);
  }
}

/**
 * What one call adds to its job, in millionths of a credit, rounded up: what a job holds by the sum of its calls
 * ({@link creditsHeld}) is then never less than what it is charged in the end ({@link creditsFor} of their sums).
 */
export function microCreditsFor(terms: CreditTerms, used: CreditedUsage): bigint {
  switch (terms.mode) {
    case 'job_based':
      return 0n;
    case 'consumption_usd':
      return divideUp(used.clientCostNanoUsd * terms.hundredthsPerDollar * MICRO_CREDITS_PER_CREDIT, NANO_HUNDREDTHS);
    case 'consumption_tokens':
      return divideUp(BigInt(used.tokens) * MICRO_CREDITS_PER_CREDIT, terms.tokensPerCredit);
  }
}

/** Whole credits that a job takes from its account while its calls sum up to `microCredits`. */
export function creditsHeld(microCredits: bigint): bigint {
  return atLeastOne(microCredits / MICRO_CREDITS_PER_CREDIT);
}

function atLeastOne(credits: bigint): bigint {
  return credits < MINIMUM ? MINIMUM : credits;
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
