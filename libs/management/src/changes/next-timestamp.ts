/** A moment that is later than the last change, so that `updated_at` always moves, also within one millisecond. */
export function nextTimestamp(last: Date, now: Date): Date {
  return now > last ? now : new Date(last.getTime() + 1);
}
