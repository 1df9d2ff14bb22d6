import { estimateCall } from '../estimate/estimate.js';
import { amountFor } from '../limits/limits.js';
import type { LimitRefusedError } from './limit-refused-error.js';
import { stepOnExceed } from './on-exceed.js';

/**
 * Whether a call that was refused by the bound of its bytes could fit by the count of its tokens. False when it would
 * not even fit with no text at all: a caller who is out of money must not make the gateway count for nothing.
 */
export function mightFitTighter({
  decision,
  refusal,
  exceeded,
}: Pick<LimitRefusedError, 'decision' | 'refusal' | 'exceeded'>): boolean {
  const { shape, info, price } = decision.call;
  // Where the answer may be shortened, the count decides how long it may still be.
  const shortest = stepOnExceed(exceeded).kind === 'clamp' ? { maxOutputTokens: 1 } : {};
  const { amounts } = estimateCall({ ...shape, ...shortest, textTokensCeiling: 0 }, info, price);
  return refusal.limits.every(
    ({ unit, remaining, on_exceed }) => on_exceed === 'shadow' || amountFor(unit, amounts) <= BigInt(remaining),
  );
}
