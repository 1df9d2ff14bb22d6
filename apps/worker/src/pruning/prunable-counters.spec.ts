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
const definitions = new Map([[definition.key, definition]]);
const counter = (generation: number, startMs: number, key = 'c1'): string =>
  `${key}.${generation}.${startMs.toString(36)}`;

function isPruned(counterId: string, nowMs: number): boolean {
  return prunableCounters([counterId], definitions, nowMs).length === 1;
}

describe('prunableCounters', () => {
  it('keeps a window until an hour after its end', () => {
    expect(isPruned(counter(2, 0), 2 * HOUR_MS)).toBe(false);
    expect(isPruned(counter(2, 0), 2 * HOUR_MS + 1)).toBe(true);
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
