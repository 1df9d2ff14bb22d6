import {
  type Billing,
  type CallAmounts,
  countJsonTokens,
  countTokens,
  type PriceState,
  settleAmounts,
  totalTokens,
  type UsageVector,
  usageFromOpenAi,
  ZERO_USAGE,
} from '@penstock/domain';

import type { Hold } from '../../admission/admission.service.js';

/** What a call is charged by, as it was when the call was admitted. */
export interface CallPrice {
  readonly price: PriceState;
  /** Undefined: the client pays what the provider bills, and there are no credits. */
  readonly billing: Billing | undefined;
}

/** What a call used, and how sure we are. */
export interface CallAccount {
  readonly usage: UsageVector;
  readonly amounts: CallAmounts;
  readonly isEstimated: boolean;
}

/** The account from the provider's own numbers; undefined when it sent none that can be read. */
export function accountFromUsage(raw: unknown, { price, billing }: CallPrice): CallAccount | undefined {
  const usage = usageFromOpenAi(raw);
  if (usage === undefined || totalTokens(usage) === 0) return undefined;
  return { usage, amounts: settleAmounts(usage, price, billing), isEstimated: false };
}

/**
 * The account of an answer whose usage never came: the tokens of what was sent (JSON) and of what was received, never more
 * than the hold, so that no cap is passed on a guess.
 */
export async function accountFromText(
  prompt: string,
  generated: string,
  hold: Hold,
  { price, billing }: CallPrice,
): Promise<CallAccount> {
  const [inputTokens, outputTokens] = await Promise.all([countJsonTokens(prompt), countTokens(generated)]);
  const usage: UsageVector = { ...ZERO_USAGE, inputTokens, outputTokens };
  const amounts = settleAmounts(usage, price, billing);
  return isWithin(amounts, hold.amounts) ? { usage, amounts, isEstimated: true } : accountFromHold(hold);
}

/** The account of a call about whose answer nothing is known: the worst case that was reserved for it. */
export function accountFromHold(hold: Hold): CallAccount {
  return { usage: ZERO_USAGE, amounts: { ...hold.amounts, concurrentRequests: 0 }, isEstimated: true };
}

function isWithin(amounts: CallAmounts, held: CallAmounts): boolean {
  return (
    amounts.tokens <= held.tokens &&
    amounts.inputTokens <= held.inputTokens &&
    amounts.outputTokens <= held.outputTokens &&
    amounts.costNanoUsd <= held.costNanoUsd &&
    amounts.clientCostNanoUsd <= held.clientCostNanoUsd
  );
}
