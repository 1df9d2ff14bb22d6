import { describe, expect, it } from '@jest/globals';
import type { LimitSpec } from '@penstock/domain';

import { instantsToJudge } from './instants-to-judge.js';

const MINUTE_MS = 60_000;
const limit: LimitSpec = {
  key: 'c1',
  limitId: 'b',
  unit: 'nano_usd',
  entity: 'team',
  entityId: 't',
  entityName: 'T',
  cap: '100',
  generation: 3,
  window: { kind: 'rolling', durationMs: 10 * MINUTE_MS, anchorMs: 0 },
  durationText: '10m',
};
const nowMs = 25 * MINUTE_MS;
const touchedAt = (minute: number, generation = 3): { generation: number; windowStartMs: number } => ({
  generation,
  windowStartMs: minute * MINUTE_MS,
});

describe('instantsToJudge', () => {
  it.each([
    ['the current window', [touchedAt(20)], 0, [nowMs]],
    ['a window that is over, in its last millisecond', [touchedAt(10)], 0, [20 * MINUTE_MS - 1]],
    ['each window once', [touchedAt(20), touchedAt(20)], 0, [nowMs]],
    ['a window of a clock that is ahead', [touchedAt(30)], 0, [30 * MINUTE_MS]],
    ['nothing of before a usage reset', [touchedAt(20, 2)], 0, []],
    ['nothing of windows that were laid anew', [touchedAt(13)], 0, []],
    ['nothing that was over before the budget was changed', [touchedAt(10)], 22 * MINUTE_MS, []],
    ['the current window of a budget that was just changed', [touchedAt(20)], nowMs, [nowMs]],
  ])('judges, of what was charged to, %s', (_name, touched, updatedAtMs, expected) => {
    expect(instantsToJudge({ limit, updatedAtMs, touched, nowMs })).toEqual(expected);
  });

  it.each([
    ['the current window and the one before', 0, nowMs, [nowMs, 20 * MINUTE_MS - 1]],
    ['not the one before when the budget was changed since', 21 * MINUTE_MS, nowMs, [nowMs]],
  ])('judges, in a pass over all budgets, %s', (_name, updatedAtMs, now, expected) => {
    expect(instantsToJudge({ limit, updatedAtMs, touched: undefined, nowMs: now })).toEqual(expected);
  });

  it('does not look back on a window that ended long ago', () => {
    const daily: LimitSpec = { ...limit, window: { kind: 'rolling', durationMs: 1_440 * MINUTE_MS, anchorMs: 0 } };
    const noonMs = (1_440 + 720) * MINUTE_MS;
    expect(instantsToJudge({ limit: daily, updatedAtMs: 0, touched: undefined, nowMs: noonMs })).toEqual([noonMs]);
  });
});
