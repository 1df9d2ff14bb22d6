import { AppError, parseInstant } from '@penstock/domain';

/**
 * When a key ends. Null and absent change nothing, an empty text takes the end away; an end that is there already may
 * be repeated, also when it has passed.
 *
 * @throws AppError `validation_failed` for a new end that is not in the future.
 */
export function planExpiry(current: Date | null, requested: string | null | undefined, nowMs: number): Date | null {
  if (requested === undefined || requested === null) return current;
  if (requested === '') return null;
  const instant = parseInstant(requested);
  if (instant !== undefined && instant.getTime() === current?.getTime()) return current;
  if (instant === undefined || instant.getTime() <= nowMs) {
    throw new AppError('validation_failed', {
      detail: 'expires_at must be in the future; an empty text takes it away.',
      fields: [{ path: 'expires_at', reason: 'must be in the future' }],
    });
  }
  return instant;
}
