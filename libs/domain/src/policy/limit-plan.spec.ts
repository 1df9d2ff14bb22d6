import { describe, expect, it } from '@jest/globals';
import type { LimitSpec, LimitUnit } from '@penstock/domain';

import { planLimits } from './limit-plan.js';

const HOUR_MS = 3_600_000;
const ANCHOR_MS = Date.UTC(2026, 0, 1);

function limit(key: string, unit: LimitUnit, durationMs: number, cap = '10'): LimitSpec {
  return {
    key,
    unit,
    entity: 'virtual_key',
    entityId: 'id',
    entityName: 'name',
    cap,
    generation: 2,
    window: { kind: 'rolling', durationMs, anchorMs: ANCHOR_MS },
    durationText: 'x',
  };
}

describe('planLimits', () => {
  it('holds until the first window ends, from when the last began', () => {
    const nowMs = ANCHOR_MS + 2.5 * HOUR_MS;
    const plan = planLimits([limit('q1', 'requests', HOUR_MS), limit('c2', 'nano_usd', 24 * HOUR_MS)], 7, nowMs);
    expect(plan).toMatchObject({
      epoch: 7,
      validFromMs: ANCHOR_MS + 2 * HOUR_MS,
      validUntilMs: ANCHOR_MS + 3 * HOUR_MS,
      units: ['requests', 'nano_usd'],
      hasBudget: true,
    });
  });

  it('names the same counters all through its validity and others right after', () => {
    const limits = [limit('q1', 'requests', HOUR_MS), limit('t2', 'tokens', 3 * HOUR_MS)];
    const plan = planLimits(limits, 1, ANCHOR_MS + 2 * HOUR_MS);
    for (const nowMs of [plan.validFromMs, plan.validFromMs + 1, plan.validUntilMs - 1]) {
      expect(planLimits(limits, 1, nowMs).counterIds).toEqual(plan.counterIds);
    }
    const next = planLimits(limits, 1, plan.validUntilMs);
    expect(next.validFromMs).toBe(plan.validUntilMs);
    expect(next.counterIds[0]).not.toBe(plan.counterIds[0]);
    expect(next.counterIds[1]).not.toBe(plan.counterIds[1]);
  });

  it('starts new counters for a new generation', () => {
    const one = limit('q1', 'requests', HOUR_MS);
    const [before] = planLimits([one], 1, ANCHOR_MS).counterIds;
    const [after] = planLimits([{ ...one, generation: 3 }], 1, ANCHOR_MS).counterIds;
    expect(after).not.toBe(before);
  });

  it('keeps caps exact beyond what a double can hold', () => {
    const plan = planLimits([limit('c1', 'nano_usd', HOUR_MS, '92233720368547758070000000')], 1, ANCHOR_MS);
    expect(plan.caps).toEqual(['92233720368547758070000000']);
    expect(plan.caps).toEqual(['92233720368547758070000000']);
  });

  it('is valid for ever when nothing is limited', () => {
    expect(planLimits([], 1, ANCHOR_MS)).toMatchObject({
      counterIds: [],
      hasBudget: false,
      validFromMs: 0,
      validUntilMs: Number.MAX_SAFE_INTEGER,
    });
  });

  it('asks for prices only where money is limited', () => {
    expect(planLimits([limit('q1', 'requests', 1), limit('t1', 'tokens', 1)], 1, ANCHOR_MS).hasBudget).toBe(false);
  });
});
