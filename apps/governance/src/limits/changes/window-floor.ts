import { AppError, parseDuration } from '@penstock/domain';

/** A shorter window would be over before a reservation has reached the store. */
export const WINDOW_MS_MIN = 10;

/** Refuses windows that no store can keep. @throws AppError `validation_failed` */
export function refuseTooShort(field: string, durationText: string): void {
  if (parseDuration(durationText) >= WINDOW_MS_MIN) return;
  throw new AppError('validation_failed', {
    detail: `${field} must be at least ${WINDOW_MS_MIN}ms: a shorter window would end while a call is being decided.`,
    fields: [{ path: field, reason: `must be at least ${WINDOW_MS_MIN}ms` }],
  });
}
