/** What is told of a team's credits. */
export type CreditNotice = 'credits_low' | 'credits_exhausted';

/** What decides whether there is something to tell. */
export interface CreditStanding {
  readonly balanceCredits: bigint;
  readonly overdraftCredits: bigint;
  /** Null: few credits are nothing to tell. */
  readonly lowBalanceThresholdCredits: bigint | null;
}

/**
 * What a change makes true that was not true before it: the balance is below the threshold, or nothing is left to use.
 * So each is told once per crossing, and again only after it was untrue in between.
 */
export function creditNotices(before: CreditStanding, after: CreditStanding): CreditNotice[] {
  const notices: CreditNotice[] = [];
  if (isLow(after) && !isLow(before)) notices.push('credits_low');
  if (isExhausted(after) && !isExhausted(before)) notices.push('credits_exhausted');
  return notices;
}

function isLow({ balanceCredits, lowBalanceThresholdCredits: threshold }: CreditStanding): boolean {
  return threshold !== null && balanceCredits < threshold;
}

function isExhausted({ balanceCredits, overdraftCredits }: CreditStanding): boolean {
  return balanceCredits + overdraftCredits <= 0n;
}
