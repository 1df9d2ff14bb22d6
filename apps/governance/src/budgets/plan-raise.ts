import { AppError, instantOf } from '@penstock/domain';
import type { BudgetRaiseEntity } from '@penstock/entities';

import type { CreateRaiseRequest } from './raises.requests.js';

/** When a new raise is in force. */
export type RaiseSpan = Pick<BudgetRaiseEntity, 'startsAt' | 'endsAt'>;

/**
 * The span of a new raise. One that would have begun already begins now: nobody could spend from it earlier.
 *
 * @throws AppError `validation_failed` when it would be over before it begins.
 */
export function planRaise(
  { starts_at, ends_at }: Pick<CreateRaiseRequest, 'starts_at' | 'ends_at'>,
  now: Date,
): RaiseSpan {
  const named = starts_at === null || starts_at === undefined ? now : instantOf(starts_at);
  const startsAt = named > now ? named : now;
  const endsAt = instantOf(ends_at);
  if (endsAt > startsAt) return { startsAt, endsAt };
  const reason = endsAt > now ? 'must be later than starts_at' : 'must be in the future';
  throw new AppError('validation_failed', { detail: `ends_at ${reason}.`, fields: [{ path: 'ends_at', reason }] });
}

/** What ending a raise does at an instant: what has not begun leaves no trace, what is over stays as it is. */
export function planRaiseEnd({ startsAt, endsAt }: RaiseSpan, now: Date): 'none' | 'remove' | 'end' {
  if (endsAt <= now) return 'none';
  return startsAt > now ? 'remove' : 'end';
}
