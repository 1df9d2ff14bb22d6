import { describe, expect, it } from '@jest/globals';

import { planBudgetChange, type BudgetPatch, type BudgetState } from './plan-budget-change.js';

const HOUR_MS = 3_600_000;
const ANCHOR_MS = Date.UTC(2026, 0, 1);
const current: BudgetState = {
  maxLimitCents: '10.0000000',
  resetDuration: '1h',
  anchorAt: new Date(ANCHOR_MS),
  generation: 3,
};

describe('planBudgetChange', () => {
  it.each<[BudgetPatch | null | undefined, BudgetState | undefined, string]>([
    [undefined, current, 'none'],
    [null, current, 'none'],
    [null, undefined, 'none'],
    [{}, current, 'delete'],
    [{ max_limit: null, reset_duration: null }, current, 'delete'],
    [{}, undefined, 'none'],
    [{ max_limit: 10, reset_duration: '1h' }, current, 'none'],
    [{ max_limit: 10.5 }, current, 'update'],
    [{ reset_duration: '60m' }, current, 'update'],
    [{ max_limit: 0, reset_duration: '1d' }, undefined, 'create'],
  ])('of %j', (patch, before, kind) => {
    expect(planBudgetChange(before, patch, ANCHOR_MS).kind).toBe(kind);
  });

  it.each<BudgetPatch>([{ max_limit: 1 }, { reset_duration: '1h' }])('refuses half a new budget: %j', (patch) => {
    expect(() => planBudgetChange(undefined, patch, ANCHOR_MS)).toThrow('both max_limit and reset_duration');
  });

  it('keeps a limit beyond 2^53 digit for digit', () => {
    const plan = planBudgetChange(current, { max_limit: 9223372036854775807n }, ANCHOR_MS);

    expect(plan).toMatchObject({ kind: 'update', state: { maxLimitCents: '9223372036854775807' } });
  });

  it('keeps anchor and generation when the limit changes: usage stays', () => {
    const plan = planBudgetChange(current, { max_limit: 99 }, ANCHOR_MS + 5 * HOUR_MS);

    expect(plan).toMatchObject({ state: { anchorAt: current.anchorAt, generation: 3, resetDuration: '1h' } });
  });

  it('tiles on from the start of the current window when the duration changes: its counter keeps its name', () => {
    const nowMs = ANCHOR_MS + 5 * HOUR_MS + 1_234;

    const plan = planBudgetChange(current, { reset_duration: '1d' }, nowMs);

    expect(plan).toMatchObject({ state: { anchorAt: new Date(ANCHOR_MS + 5 * HOUR_MS), generation: 3 } });
  });
});
