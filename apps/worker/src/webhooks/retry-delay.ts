/** Each wait is so many times the one before. */
const FACTOR = 4;
/** No wait is longer than so many times the first: 8 hours after 5 seconds. */
const GROWTH_MAX = 5_760;
/** Waits differ by up to this share, so that deliveries that failed together are not tried together. */
const JITTER = 0.2;

/**
 * How long to wait after the attempt with this number (from 1) failed, in milliseconds. With a base of 5 s ten
 * attempts take about a day: 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 6 h, 8 h, 8 h.
 *
 * @param random from 0 to below 1
 */
export function retryDelayMs(attempt: number, baseMs: number, random: number): number {
  const growth = Math.min(FACTOR ** (attempt - 1), GROWTH_MAX);
  return Math.round(baseMs * growth * (1 + JITTER * (2 * random - 1)));
}
