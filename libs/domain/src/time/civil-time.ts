/** A date on the wall calendar of a time zone. */
export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** Days since 1970-01-01 on that calendar. */
  readonly dayNumber: number;
}

const DAY_MS = 86_400_000;
/** Building a formatter takes about 30 us, using one about 1 us. */
const formatters = new Map<string, Intl.DateTimeFormat>();
/** A zone has a few boundaries in use at a time; the bound only guards against a flood of zones. */
const FORMATTERS_MAX = 600;
const dayStarts = new Map<string, number>();
const DAY_STARTS_MAX = 4_096;

/** Says whether the platform knows this IANA time zone. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatterOf(timeZone);
    return true;
  } catch {
    // RangeError is how Intl answers the question.
    return false;
  }
}

/** The date that a wall calendar in the zone shows at an instant. */
export function civilDateAt(timeZone: string, instantMs: number): CivilDate {
  const localMs = instantMs + offsetMsAt(timeZone, instantMs);
  const local = new Date(localMs);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    dayNumber: Math.floor(localMs / DAY_MS),
  };
}

/**
 * The first instant of a calendar day in a zone. Midnight may not exist (clocks spring forward over it) or come
 * twice; the start of the day is then the moment of the jump, or the first of the two.
 */
export function startOfCivilDay(timeZone: string, dayNumber: number): number {
  if (timeZone === 'UTC') return dayNumber * DAY_MS;
  const key = `${timeZone} ${dayNumber}`;
  const known = dayStarts.get(key);
  if (known !== undefined) return known;
  const start = findStartOfDay(timeZone, dayNumber * DAY_MS);
  if (dayStarts.size >= DAY_STARTS_MAX) dayStarts.clear();
  dayStarts.set(key, start);
  return start;
}

function findStartOfDay(timeZone: string, localMidnightMs: number): number {
  // Zones are at most 14 hours off UTC, so a day either side brackets every jump that matters.
  const offsetBefore = offsetMsAt(timeZone, localMidnightMs - DAY_MS);
  const offsetAfter = offsetMsAt(timeZone, localMidnightMs + DAY_MS);
  const earlier = localMidnightMs - Math.max(offsetBefore, offsetAfter);
  const later = localMidnightMs - Math.min(offsetBefore, offsetAfter);
  if (earlier + offsetMsAt(timeZone, earlier) === localMidnightMs) return earlier;
  if (later + offsetMsAt(timeZone, later) === localMidnightMs) return later;
  return findJump(timeZone, earlier, later, localMidnightMs);
}

/** The instant at which local time leaps over `localMs`, by bisection. */
function findJump(timeZone: string, fromMs: number, toMs: number, localMs: number): number {
  let below = fromMs - 1;
  let above = toMs;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (middle + offsetMsAt(timeZone, middle) < localMs) below = middle;
    else above = middle;
  }
  return above;
}

function offsetMsAt(timeZone: string, instantMs: number): number {
  if (timeZone === 'UTC') return 0;
  // Whole seconds: the formatter shows no finer, and no zone has a finer offset.
  const wholeMs = Math.floor(instantMs / 1_000) * 1_000;
  let year = 0;
  let month = 0;
  let day = 0;
  let hour = 0;
  let minute = 0;
  let second = 0;
  let isBeforeChrist = false;
  for (const part of formatterOf(timeZone).formatToParts(wholeMs)) {
    if (part.type === 'year') year = Number(part.value);
    else if (part.type === 'month') month = Number(part.value);
    else if (part.type === 'day') day = Number(part.value);
    else if (part.type === 'hour') hour = Number(part.value);
    else if (part.type === 'minute') minute = Number(part.value);
    else if (part.type === 'second') second = Number(part.value);
    else if (part.type === 'era') isBeforeChrist = part.value.startsWith('B');
  }
  if (isBeforeChrist) throw new RangeError(`Instants before the year 1 are not supported: ${instantMs}`);
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeMs;
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  formatters.set(timeZone, formatter);
  return formatter;
}
