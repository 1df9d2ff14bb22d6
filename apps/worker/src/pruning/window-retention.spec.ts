import { describe, expect, it } from '@jest/globals';
import { counterIdOf, lastReadMs, windowAt, type WindowSpec } from '@penstock/domain';

import type { LimitDefinition } from '../limits/limit-definitions.js';
import { isKeptForEver, keptFromMs, mayBeDeleted, retentionCutoffMs } from './window-retention.js';

const NOW_MS = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;

describe('the retention of windows', () => {
  it('deletes no window that ended later than the cutoff, or that anything has read since', () => {
    const durations = [10, 15, 1_000, 77_777, 3_600_000, 30 * DAY_MS, 365 * DAY_MS];
    const anchors = [NOW_MS, NOW_MS - 12_345, NOW_MS - 500 * DAY_MS];
    const windows = (['rolling', 'sliding'] as const).flatMap((kind) =>
      durations.flatMap((durationMs) => anchors.map((anchorMs): WindowSpec => ({ kind, durationMs, anchorMs }))),
    );
    for (const window of windows) {
      for (const days of [1, 30, 400]) {
        const definition: LimitDefinition = { key: 't1', generation: 1, tenantId: 'tenant', window };
        const cutoffMs = retentionCutoffMs(days, NOW_MS);
        const oldestKept = windowAt(window, keptFromMs(definition, cutoffMs));
        const newestDeleted = windowAt(window, oldestKept.startMs - 1);
        expect(lastReadMs(definition, newestDeleted.startMs)).toBeLessThanOrEqual(cutoffMs);
        expect(lastReadMs(definition, oldestKept.startMs)).toBeGreaterThan(cutoffMs);
        expect(mayBeDeleted(counterIdOf('t1', 1, newestDeleted.startMs), cutoffMs)).toBe(true);
      }
    }
  });

  it('deletes all that ended with the cutoff', () => {
    const window: WindowSpec = { kind: 'rolling', durationMs: 1_000, anchorMs: 0 };
    expect(keptFromMs({ key: 't1', generation: 1, tenantId: 'tenant', window }, 5_000)).toBe(5_000);
  });

  it('does not touch budgets', () => {
    expect(isKeptForEver('c1')).toBe(true);
    expect(['q1', 't1', 'i1', 'o1', 'n1'].map(isKeptForEver)).toEqual([false, false, false, false, false]);
    expect(mayBeDeleted(counterIdOf('c1', 1, 0), NOW_MS)).toBe(false);
  });
});
