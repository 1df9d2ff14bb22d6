import type { CallAmounts } from '../limits/limits.js';
import type { ClientPricing } from '../prices/client-pricing.js';
import { creditsFor, type CreditTerms, microCreditsFor } from './credit-charge.js';

/** How the team of a call pays for it, where that is not simply the provider's bill. */
export interface Billing {
  /** Absent: the client pays what the provider bills. */
  readonly client?: ClientPricing;
  /** Absent: the team has no credits that could run out. */
  readonly credit?: CreditTerms;
  /** The call is part of a job, whose calls are charged together; otherwise it is a job of its own. */
  readonly isOfJob: boolean;
}

/** The credits of a call with this use. */
export function creditAmounts(
  billing: Billing | undefined,
  tokens: number,
  clientCostNanoUsd: bigint,
): Pick<CallAmounts, 'credits' | 'microCredits'> {
  if (billing?.credit === undefined) return NO_CREDITS;
  const used = { tokens, clientCostNanoUsd };
  return billing.isOfJob
    ? { credits: 0n, microCredits: microCreditsFor(billing.credit, used) }
    : { credits: creditsFor(billing.credit, used), microCredits: 0n };
}

const NO_CREDITS = Object.freeze({ credits: 0n, microCredits: 0n });
