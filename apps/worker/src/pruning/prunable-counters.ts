import { parseCounterId } from '@penstock/domain';

import { type LimitDefinition, windowEndMs } from '../limits/limit-definitions.js';

/** How long a counter outlives its window: late settlements and explanations still want it. */
export const KEPT_AFTER_END_MS = 3_600_000;

/**
 * Counters of one tenant that no admission will read again: their window ended an hour ago, or their limit is
 * gone, counts in another tenant, or counts under a newer generation. `definitions` must have been read after
 * the counters were: then a counter without a definition is one of a deleted limit, never of a new one.
 */
export function prunableCounters(
  tenantId: string,
  counterIds: readonly string[],
  definitions: ReadonlyMap<string, LimitDefinition>,
  nowMs: number,
): string[] {
  return counterIds.filter((counterId) => {
    const { limitKey, generation, windowStartMs } = parseCounterId(counterId);
    const definition = definitions.get(limitKey);
    if (definition === undefined || definition.tenantId !== tenantId) return true;
    if (generation !== definition.generation) return generation < definition.generation;
    return windowEndMs(definition, windowStartMs) + KEPT_AFTER_END_MS < nowMs;
  });
}
