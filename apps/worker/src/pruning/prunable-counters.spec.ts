import { describe, expect, it } from '@jest/globals';

import type { LimitDefinition } from '../limits/limit-definitions.js';
import { prunableCounters } from './prunable-counters.js';

const HOUR_MS = 3_600_000;
const definition: LimitDefinition = {
  key: 'c1',
  generation: 2,
  tenantId: 'tenant',
  window: { kind: 'rolling', durationMs: HOUR_MS, anchorMs: 0 },
};
const definitions = new Map<string, LimitDefinition>([
  [definition.key, definition],
  ['q1', { ...definition, key: 'q1' }],
]);
const counter = (generation: number, startMs: number, key = 'c1'): string =>
  `${key}.${generation}.${startMs.toString(36)}`;

function isPruned(
  counterId: string,
  nowMs: number,
  known: ReadonlyMap<string, LimitDefinition> = definitions,
): boolean {
  return prunableCounters([counterId], known, nowMs).length === 1;
}

describe('prunableCounters', () => {
  it('keeps a window of a rate limit until an hour after its end', () => {
    expect(isPruned(counter(2, 0, 'q1'), 2 * HOUR_MS)).toBe(false);
    expect(isPruned(counter(2, 0, 'q1'), 2 * HOUR_MS + 1)).toBe(true);
  });

  it('keeps a window of a budget all through the next one, to which it may leave something, and an hour', () => {
    expect(isPruned(counter(2, 0), 3 * HOUR_MS)).toBe(false);
    expect(isPruned(counter(2, 0), 3 * HOUR_MS + 1)).toBe(true);
  });

  it('keeps a bucket of a sliding window until the whole duration has passed after it, and an hour', () => {
    const window = { kind: 'sliding', durationMs: 10 * HOUR_MS, anchorMs: 0 } as const;
    const known = new Map([['t1', { ...definition, key: 't1', window }]]);
    // The bucket lasts an hour and counts for ten more.
    expect(isPruned(counter(2, 0, 't1'), 12 * HOUR_MS, known)).toBe(false);
    expect(isPruned(counter(2, 0, 't1'), 12 * HOUR_MS + 1, known)).toBe(true);
  });

  it('never drops how many requests run', () => {
    const known = new Map([['n1', { ...definition, key: 'n1', generation: 1, window: { kind: 'unending' } as const }]]);
    expect(isPruned(counter(1, 0, 'n1'), Date.UTC(2200, 0, 1), known)).toBe(false);
  });

  it('keeps the current and a coming window', () => {
    expect(isPruned(counter(2, 10 * HOUR_MS), 10 * HOUR_MS)).toBe(false);
    expect(isPruned(counter(2, 11 * HOUR_MS), 10 * HOUR_MS)).toBe(false);
  });

  it('drops an older generation, keeps one that is newer than what was read', () => {
    expect(isPruned(counter(1, 10 * HOUR_MS), 10 * HOUR_MS)).toBe(true);
    expect(isPruned(counter(3, 10 * HOUR_MS), 10 * HOUR_MS)).toBe(false);
  });

  it('drops what belongs to a deleted limit', () => {
    expect(isPruned(counter(0, 10 * HOUR_MS, 't9'), 10 * HOUR_MS)).toBe(true);
  });
});
