const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;
/** An offset can move the year to 10000, which RFC 3339 cannot write. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z');
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** The instant that an RFC 3339 text names, cut to milliseconds; undefined for any other text, such as February 30. */
export function parseInstant(text: string): Date | undefined {
  const [, year, month, day, hour] = RFC_3339.exec(text) ?? [];
  if (year === undefined || Number(hour) > 23) return undefined;
  const instant = new Date(text.toUpperCase());
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const isWritable = instant.getTime() >= EARLIEST_MS && instant.getTime() <= LATEST_MS;
  return isWritable && Number(day) <= daysInMonth ? instant : undefined;
}

/** The instant of a text that was checked before. @throws RangeError for any other. */
export function instantOf(text: string): Date {
  const instant = parseInstant(text);
  if (instant === undefined) throw new RangeError('not an RFC 3339 timestamp');
  return instant;
}
