import { lastReadMs, parseCounterId } from '@penstock/domain';

import type { LimitDefinition } from '../limits/limit-definitions.js';

/** How long a counter outlives its window: late settlements and explanations still want it. */
export const KEPT_AFTER_END_MS = 3_600_000;

/**
 * Counters that no admission will read again: an hour ago the last one did, or their limit is gone or counts under a
 * newer generation. Those of a limit that moved to another tenant stay until then, because the move may
 * still have to copy them. Those of holds on credits are removed by whoever closes the hold. `definitions` must have been read after the counters were: then a counter without a
 * definition is one of a deleted limit, never of a new one.
 */
export function prunableCounters(
  counterIds: readonly string[],
  definitions: ReadonlyMap<string, LimitDefinition>,
  nowMs: number,
): string[] {
  return counterIds.filter((counterId) => {
    const { limitKey, unit, generation, windowStartMs } = parseCounterId(counterId);
    // Closing a hold gives back what it takes, and finds out by its counter how much that is.
    if (unit === 'micro_credits') return false;
    const definition = definitions.get(limitKey);
    if (definition === undefined) return true;
    if (generation !== definition.generation) return generation < definition.generation;
    return lastReadMs(definition, windowStartMs) + KEPT_AFTER_END_MS < nowMs;
  });
}
