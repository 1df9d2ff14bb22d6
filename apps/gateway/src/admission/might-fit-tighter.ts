import { type AppError, amountFor, estimateCall, type LimitReport } from '@penstock/domain';

import type { ReserveRequest } from './admission.service.js';

/**
 * Whether a call that was refused by the bound of its bytes could fit by the count of its tokens. False when it would
 * not even fit with no text at all: a caller who is out of money must not make the gateway count for nothing.
 */
export function mightFitTighter(refusal: AppError, { shape, info, price }: ReserveRequest['call']): boolean {
  const { amounts } = estimateCall({ ...shape, textTokensCeiling: 0 }, info, price);
  const limits = (refusal.data?.['limits'] ?? []) as readonly LimitReport[];
  return limits.every(
    ({ unit, remaining, on_exceed }) => on_exceed === 'shadow' || amountFor(unit, amounts) <= BigInt(remaining),
  );
}
