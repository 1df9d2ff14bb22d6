import { describe, expect, it } from '@jest/globals';
import { windowAt, windowSpecOf } from '@penstock/domain';

import {
  planBudgetChange,
  realigned,
  type BudgetChange,
  type BudgetPatch,
  type BudgetState,
} from './plan-budget-change.js';

const HOUR_MS = 3_600_000;
const ANCHOR_MS = Date.UTC(2026, 0, 1);
const current: BudgetState = {
  maxLimitCents: '10.0000000',
  resetDuration: '1h',
  anchorAt: new Date(ANCHOR_MS),
  alignedFrom: null,
  generation: 3,
  onExceed: 'deny',
  fallbackModel: null,
  thresholds: [],
  rolloverMaxCents: null,
};
const CALENDAR = { timeZone: 'Europe/Berlin', fiscalYearStartMonth: 1 };

function plan(before: BudgetState | undefined, patch: BudgetPatch | null | undefined, nowMs: number): BudgetChange {
  return planBudgetChange(before, patch, CALENDAR, nowMs);
}

function stateAfter(before: BudgetState | undefined, patch: BudgetPatch, nowMs: number): BudgetState {
  const change = plan(before, patch, nowMs);
  if (change.kind !== 'create' && change.kind !== 'update') throw new Error(`nothing to keep: ${change.kind}`);
  return change.state;
}

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
    [{ calendar_aligned: false }, current, 'none'],
    [{ on_exceed: 'deny' }, current, 'none'],
    [{ on_exceed: 'shadow' }, current, 'update'],
    [{ thresholds: [] }, current, 'none'],
    [{ thresholds: [80, 50] }, current, 'update'],
    [{ rollover_max: 0 }, current, 'none'],
    [{ rollover_max: 5 }, current, 'update'],
    [{ rollover_max: 5 }, { ...current, rolloverMaxCents: '5.0000000' }, 'none'],
    [{ max_limit: 0, reset_duration: '1d' }, undefined, 'create'],
  ])('of %j', (patch, before, kind) => {
    expect(plan(before, patch, ANCHOR_MS).kind).toBe(kind);
  });

  it.each<BudgetPatch>([{ max_limit: 1 }, { reset_duration: '1h' }])('refuses half a new budget: %j', (patch) => {
    expect(() => plan(undefined, patch, ANCHOR_MS)).toThrow('both max_limit and reset_duration');
  });

  it('keeps a limit beyond 2^53 digit for digit', () => {
    const planned = plan(current, { max_limit: 9223372036854775807n }, ANCHOR_MS);

    expect(planned).toMatchObject({ kind: 'update', state: { maxLimitCents: '9223372036854775807' } });
  });

  it('keeps anchor and generation when the limit changes: usage stays', () => {
    const planned = plan(current, { max_limit: 99 }, ANCHOR_MS + 5 * HOUR_MS);

    expect(planned).toMatchObject({ state: { anchorAt: current.anchorAt, generation: 3, resetDuration: '1h' } });
  });

  it('tiles on from the start of the current window when the duration changes: its counter keeps its name', () => {
    const nowMs = ANCHOR_MS + 5 * HOUR_MS + 1_234;

    const planned = plan(current, { reset_duration: '1d' }, nowMs);

    expect(planned).toMatchObject({ state: { anchorAt: new Date(ANCHOR_MS + 5 * HOUR_MS), generation: 3 } });
  });

  it.each<[BudgetPatch, BudgetState | undefined, string]>([
    [{ calendar_aligned: true }, current, 'cannot be calendar_aligned'],
    [{ max_limit: 1, reset_duration: '36h', calendar_aligned: true }, undefined, 'cannot be calendar_aligned'],
    [{ on_exceed: 'fallback' }, current, 'needs a fallback_model'],
    [{ fallback_model: 'openai/gpt-4o-mini' }, current, 'only be set together with on_exceed'],
    [{ reset_duration: '9ms' }, current, 'at least 10ms'],
  ])('refuses what cannot be combined: %j', (patch, before, sentence) => {
    expect(() => plan(before, patch, ANCHOR_MS)).toThrow(sentence);
  });

  it('keeps thresholds in order and forgets the model when it stops falling back', () => {
    const falling = stateAfter(
      current,
      { on_exceed: 'fallback', fallback_model: 'openai/gpt-4o-mini', thresholds: [95, 50, 80] },
      ANCHOR_MS,
    );
    expect(falling).toMatchObject({ fallbackModel: 'openai/gpt-4o-mini', thresholds: [50, 80, 95] });
    expect(stateAfter(falling, { on_exceed: 'clamp' }, ANCHOR_MS)).toMatchObject({
      onExceed: 'clamp',
      fallbackModel: null,
    });
  });

  it('begins a new aligned budget now: what was spent before it was set does not count', () => {
    const nowMs = Date.UTC(2026, 5, 17, 10, 33);
    const state = stateAfter(undefined, { max_limit: 1, reset_duration: '1M', calendar_aligned: true }, nowMs);

    expect(windowOf(state, nowMs)).toEqual(['2026-06-17T10:33:00.000Z', '2026-06-30T22:00:00.000Z']);
    expect(windowOf(state, Date.UTC(2026, 6, 1))).toEqual(['2026-06-30T22:00:00.000Z', '2026-07-31T22:00:00.000Z']);
  });

  it('keeps the current window, and so the usage, when a rolling budget is aligned and when it rolls again', () => {
    const rolling = { ...current, resetDuration: '1M', anchorAt: new Date('2026-05-20T00:00:00Z') };
    const alignedMs = Date.UTC(2026, 5, 10);
    const aligned = stateAfter(rolling, { calendar_aligned: true }, alignedMs);

    expect(windowOf(aligned, alignedMs)).toEqual(['2026-05-20T00:00:00.000Z', '2026-06-30T22:00:00.000Z']);
    const rollingMs = Date.UTC(2026, 6, 10);
    const again = stateAfter(aligned, { calendar_aligned: false }, rollingMs);
    expect(windowOf(again, rollingMs)).toEqual(['2026-06-30T22:00:00.000Z', '2026-07-30T22:00:00.000Z']);
    expect(again.generation).toBe(current.generation);
  });

  it('keeps the current window when the calendar of the tenant changes', () => {
    const alignedMs = Date.UTC(2026, 5, 10);
    const state = stateAfter({ ...current, resetDuration: '1M' }, { calendar_aligned: true }, alignedMs);
    const changedMs = Date.UTC(2026, 7, 15);
    const moved = { ...state, ...realigned(state, CALENDAR, changedMs) };

    const [startBefore] = windowOf(state, changedMs);
    expect(windowOf(moved, changedMs, 'Asia/Tokyo')).toEqual([startBefore, '2026-08-31T15:00:00.000Z']);
  });

  function windowOf(state: BudgetState, nowMs: number, timeZone = CALENDAR.timeZone): [string, string] {
    const spec = windowSpecOf(
      {
        durationText: state.resetDuration,
        anchorMs: state.anchorAt.getTime(),
        alignedFromMs: state.alignedFrom?.getTime() ?? null,
        isSliding: false,
      },
      { ...CALENDAR, timeZone },
    );
    const { startMs, endMs } = windowAt(spec, nowMs);
    return [new Date(startMs).toISOString(), new Date(endMs).toISOString()];
  }
});
