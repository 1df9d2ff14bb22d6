import type { Window } from '../time/window.js';

/** One in so many parts of the window must have passed before a forecast is made: 5 %. */
const FORECAST_WINDOW_PART = 20n;
/** One in so many parts of the cap must be used before a forecast is made: 10 %. */
const FORECAST_CAP_PART = 10n;

/**
 * The thresholds, in percent of the cap, that usage has reached: ascending, each once. A threshold is reached at
 * exactly its share, not above it. An unused budget has reached none, also when its cap is zero.
 */
export function reachedThresholds(usedNanoUsd: bigint, capNanoUsd: bigint, thresholds: readonly number[]): number[] {
  if (usedNanoUsd <= 0n) return [];
  return [...new Set(thresholds)]
    .filter((percent) => usedNanoUsd * 100n >= capNanoUsd * BigInt(percent))
    .toSorted((a, b) => a - b);
}

/** What a forecast is made from. */
export interface ForecastFacts {
  readonly window: Window;
  /** Settled, in nano-dollars. */
  readonly usedNanoUsd: bigint;
  readonly capNanoUsd: bigint;
  readonly nowMs: number;
}

/**
 * The moment (milliseconds since the epoch, rounded up) at which a budget is empty when its window goes on at its
 * average pace so far. Undefined when that is not before the end of the window, when the budget is empty already, and
 * when it is too early to tell: at least 5 % of the window must have passed and 10 % of the cap must be used.
 */
export function forecastExhaustion({ window, usedNanoUsd, capNanoUsd, nowMs }: ForecastFacts): number | undefined {
  if (nowMs < window.startMs || nowMs >= window.endMs) return undefined;
  const elapsedMs = BigInt(nowMs - window.startMs);
  const durationMs = BigInt(window.endMs - window.startMs);
  if (elapsedMs * FORECAST_WINDOW_PART < durationMs) return undefined;
  if (usedNanoUsd <= 0n || usedNanoUsd >= capNanoUsd) return undefined;
  if (usedNanoUsd * FORECAST_CAP_PART < capNanoUsd) return undefined;
  const untilEmptyMs = (elapsedMs * capNanoUsd + usedNanoUsd - 1n) / usedNanoUsd;
  return untilEmptyMs < durationMs ? window.startMs + Number(untilEmptyMs) : undefined;
}
