import { describe, expect, it } from '@jest/globals';

import { limitOf, NOW_MS } from '../../test/admission-fixtures.js';
import { exceededShadows } from './exceeded-shadows.js';
import { planLimits } from './limit-plan.js';
import { type LimitSpec, NO_AMOUNTS } from './limits.js';

const AMOUNTS = { ...NO_AMOUNTS, requests: 1, tokens: 10, inputTokens: 6, outputTokens: 4, concurrentRequests: 1 };
const DAY_MS = 86_400_000;

function exceeded(limit: LimitSpec, total: number): { readonly id: string; readonly untilMs: number }[] {
  const plan = planLimits([limitOf(5), limit], 1, NOW_MS);
  const totals = plan.counterIds.map((_, position) => (position === 1 ? String(total) : '0'));
  return exceededShadows(plan, totals, AMOUNTS, NOW_MS).map((one) => ({ id: one.limit.limitId, untilMs: one.untilMs }));
}

describe('exceededShadows', () => {
  const shadow = limitOf(100, { onExceed: 'shadow' });

  it.each([
    ['full is not exceeded', shadow, 100, false],
    ['one more is', shadow, 101, true],
    ['an enforced limit is none of it', limitOf(100), 101, false],
    ['a call that needs nothing of it is not counted', { ...shadow, unit: 'nano_usd' as const }, 101, false],
  ])('%s', (_, limit, total, isExceeded) => {
    expect(exceeded(limit, total).map(({ id }) => id)).toEqual(isExceeded ? [limit.limitId] : []);
  });

  it.each<[string, LimitSpec['window'], number]>([
    ['the window ends', shadow.window, (Math.floor(NOW_MS / DAY_MS) + 1) * DAY_MS],
    ['a sliding window has slid by', { kind: 'sliding', durationMs: 1_000, anchorMs: 0 }, NOW_MS + 1_000],
    ['a minute has passed where there are no windows', { kind: 'unending' }, NOW_MS + 60_000],
  ])('is worth saying again when %s', (_, window, untilMs) => {
    expect(exceeded({ ...shadow, window }, 101)).toEqual([{ id: shadow.limitId, untilMs }]);
  });
});
