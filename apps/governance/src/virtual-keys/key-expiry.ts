import { AppError } from '@penstock/domain';

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;

/** The instant that an RFC 3339 text names, cut to milliseconds; undefined for any other text, such as February 30. */
export function parseInstant(text: string): Date | undefined {
  const [, year, month, day, hour] = RFC_3339.exec(text) ?? [];
  if (year === undefined || Number(hour) > 23) return undefined;
  const instant = new Date(text.toUpperCase());
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number.isNaN(instant.getTime()) || Number(day) > daysInMonth ? undefined : instant;
}

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
