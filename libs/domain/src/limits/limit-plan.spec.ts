import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { COUNTED_WINDOWS_MAX, windowAt, type WindowSpec } from '../time/window.js';
import { carriedOver, countersAt, lastReadMs, planLimits, standingsOf } from './limit-plan.js';
import { type CapRaise, counterIdOf, limitKey, type LimitSpec, type LimitUnit } from './limits.js';

const HOUR_MS = 3_600_000;
const ANCHOR_MS = Date.UTC(2026, 0, 1);

function limit(unit: LimitUnit, durationMs: number, change: Partial<LimitSpec> = {}): LimitSpec {
  return {
    key: limitKey(unit, 1),
    limitId: 'limit',
    unit,
    entity: 'virtual_key',
    entityId: 'id',
    entityName: 'name',
    cap: '10',
    generation: 2,
    window: { kind: 'rolling', durationMs, anchorMs: ANCHOR_MS },
    durationText: 'x',
    ...change,
  };
}

const sliding = (durationMs: number): WindowSpec => ({ kind: 'sliding', durationMs, anchorMs: ANCHOR_MS });

describe('planLimits', () => {
  it('holds until the first window ends, from when the last began', () => {
    const nowMs = ANCHOR_MS + 2.5 * HOUR_MS;
    const plan = planLimits([limit('requests', HOUR_MS), limit('nano_usd', 24 * HOUR_MS)], 7, nowMs);
    expect(plan).toMatchObject({
      epoch: 7,
      validFromMs: ANCHOR_MS + 2 * HOUR_MS,
      validUntilMs: ANCHOR_MS + 3 * HOUR_MS,
      units: ['requests', 'nano_usd'],
      hasBudget: true,
    });
  });

  it('names the same counters all through its validity and others right after', () => {
    const limits = [limit('requests', HOUR_MS), limit('tokens', 3 * HOUR_MS)];
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
    const one = limit('requests', HOUR_MS);
    const [before] = planLimits([one], 1, ANCHOR_MS).counterIds;
    const [after] = planLimits([{ ...one, generation: 3 }], 1, ANCHOR_MS).counterIds;
    expect(after).not.toBe(before);
  });

  it('keeps caps exact beyond what a double can hold', () => {
    const cap = '92233720368547758070000000';
    const plan = planLimits([limit('nano_usd', HOUR_MS, { cap })], 1, ANCHOR_MS);
    expect([plan.caps, plan.statedCaps]).toEqual([[cap], [cap]]);
  });

  it('is valid for ever when nothing is limited, or nothing but what runs at once', () => {
    const forEver = { validFromMs: 0, validUntilMs: Number.MAX_SAFE_INTEGER };
    expect(planLimits([], 1, ANCHOR_MS)).toMatchObject({ counterIds: [], hasBudget: false, ...forEver });
    const concurrent = limit('concurrent_requests', 0, { window: { kind: 'unending' }, generation: 1 });
    expect(planLimits([concurrent], 1, ANCHOR_MS)).toMatchObject({ counterIds: ['n1.1.0'], ...forEver });
  });

  it('asks for prices only where money is limited and enforced', () => {
    expect(planLimits([limit('requests', 1), limit('tokens', 1)], 1, ANCHOR_MS).hasBudget).toBe(false);
    expect(planLimits([limit('nano_usd', 1, { onExceed: 'shadow' })], 1, ANCHOR_MS).hasBudget).toBe(false);
  });

  it('gives a limit in shadow mode a cap that nothing reaches, and still says the stated one', () => {
    const plan = planLimits([limit('tokens', HOUR_MS, { onExceed: 'shadow' })], 1, ANCHOR_MS);
    expect(plan.statedCaps).toEqual(['10']);
    expect(BigInt(plan.caps[0]!)).toBeGreaterThan(10n ** 23n);
  });

  it('reads nothing beyond what it charges where nothing slides or rolls over', () => {
    const plan = planLimits([limit('requests', HOUR_MS)], 1, ANCHOR_MS);
    expect(plan.counterIds).toBe(plan.chargedIds);
    expect(plan).not.toHaveProperty('history');
    expect(plan).not.toHaveProperty('rollovers');
  });
});

describe('what a plan reads', () => {
  const nowMs = ANCHOR_MS + 100 * HOUR_MS;

  it('are the ten buckets before the current one of a sliding window, newest first', () => {
    const spec = limit('requests', 0, { window: sliding(HOUR_MS) });
    const plan = planLimits([limit('tokens', HOUR_MS), spec], 1, nowMs);
    expect(plan.history).toEqual([[], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]]);
    const bucketAt = (age: number): string => counterIdOf('q1', 2, nowMs - age * (HOUR_MS / 10));
    expect(plan.counterIds.slice(1)).toEqual(Array.from({ length: 11 }, (_, age) => bucketAt(age)));
  });

  it('is the window before of a budget that rolls over', () => {
    const plan = planLimits([limit('nano_usd', HOUR_MS, { rolloverMax: '4' })], 1, nowMs);
    expect(plan.rollovers).toEqual([{ limit: 0, position: 1, base: '10', max: '4' }]);
    expect(plan.counterIds[1]).toBe(counterIdOf('c1', 2, nowMs - HOUR_MS));
  });

  it('are exactly the counters that countersAt names, at any time', () => {
    const specs = [
      limit('requests', HOUR_MS),
      limit('nano_usd', HOUR_MS, { rolloverMax: '1' }),
      limit('tokens', 0, { window: sliding(77_777) }),
      limit('input_tokens', 0, { window: sliding(15) }),
      limit('concurrent_requests', 0, { window: { kind: 'unending' } }),
      limit('nano_usd', 0, {
        rolloverMax: '1',
        window: { kind: 'calendar', unit: 'day', count: 1, timeZone: 'Europe/Berlin', anchorMs: ANCHOR_MS },
      }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...specs), fc.nat(10 ** 9), (spec, afterMs) => {
        const plan = planLimits([spec], 1, ANCHOR_MS + afterMs);
        expect(countersAt(spec, ANCHOR_MS + afterMs)).toEqual(plan.counterIds);
        expect(plan.counterIds.length).toBeLessThanOrEqual(COUNTED_WINDOWS_MAX);
      }),
    );
  });
});

describe('lastReadMs', () => {
  it('is when no plan names the counter any more, and not a millisecond earlier', () => {
    const specs = [
      limit('requests', HOUR_MS),
      limit('nano_usd', HOUR_MS, { rolloverMax: '1' }),
      // May roll over from the next policy on.
      limit('nano_usd', HOUR_MS),
      limit('tokens', 0, { window: sliding(60_000) }),
      limit('tokens', 0, { window: sliding(77_777) }),
      limit('nano_usd', 0, {
        window: { kind: 'calendar', unit: 'day', count: 1, timeZone: 'Europe/Berlin', anchorMs: ANCHOR_MS },
      }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...specs), fc.nat(10 ** 10), (spec, afterMs) => {
        const { startMs } = windowAt(spec.window, ANCHOR_MS + afterMs);
        const id = counterIdOf(spec.key, spec.generation, startMs);
        const untilMs = lastReadMs(spec, startMs);
        expect(countersAt(spec, untilMs)).not.toContain(id);
        expect(countersAt(spec, untilMs - 1)).toContain(id);
      }),
    );
  });
});

describe('temporary raises', () => {
  const raise = fc
    .record({ amount: fc.integer({ min: 1, max: 99 }), fromMs: fc.nat(1_000), forMs: fc.nat(400) })
    .map(({ amount, fromMs, forMs }): CapRaise => ({ amount: String(amount), fromMs, untilMs: fromMs + forMs }));
  const capAt = (raises: readonly CapRaise[], nowMs: number): bigint =>
    raises
      .filter(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs)
      .reduce((cap, { amount }) => cap + BigInt(amount), 10n);

  it('are in the cap from their start to their end, and no plan spans an edge', () => {
    fc.assert(
      fc.property(fc.array(raise, { maxLength: 5 }), fc.nat(1_500), (raises, nowMs) => {
        const spec = limit('nano_usd', 0, { raises, window: { kind: 'rolling', durationMs: 10_000, anchorMs: 0 } });
        const plan = planLimits([spec], 1, nowMs);
        expect(plan.validFromMs).toBeLessThanOrEqual(nowMs);
        expect(plan.validUntilMs).toBeGreaterThan(nowMs);
        for (const atMs of [plan.validFromMs, nowMs, plan.validUntilMs - 1]) {
          expect(BigInt(plan.caps[0]!)).toBe(capAt(raises, atMs));
        }
        for (const { fromMs, untilMs } of raises) {
          for (const edgeMs of [fromMs, untilMs]) {
            expect(plan.validFromMs < edgeMs && edgeMs < plan.validUntilMs).toBe(false);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('do not count in what a window leaves over', () => {
    const raises = [{ amount: '90', fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER }];
    const plan = planLimits([limit('nano_usd', HOUR_MS, { raises, rolloverMax: '50' })], 1, ANCHOR_MS + 5 * HOUR_MS);
    expect(plan.rollovers).toMatchObject([{ base: '10', max: '50' }]);
    expect(standingsOf(plan, [0n, 3n])).toEqual([{ used: 0n, cap: 107n }]);
  });
});

describe('rollover', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 24n });

  it('carries the unused part of the own cap, up to the most, and never less than nothing', () => {
    fc.assert(
      fc.property(amount, amount, amount, (base, max, used) => {
        const carried = carriedOver(base, max, used);
        const unused = used >= base ? 0n : base - used;
        expect(carried).toBe(unused < max ? unused : max);
      }),
    );
  });

  it.each([
    [100n, 50n, 0n, 50n],
    [100n, 50n, 60n, 40n],
    [100n, 50n, 100n, 0n],
    [100n, 50n, 130n, 0n],
    [100n, 0n, 0n, 0n],
  ])('of a cap of %p, at most %p, after %p were used: %p', (base, max, used, carried) => {
    expect(carriedOver(base, max, used)).toBe(carried);
  });

  it('is not compounded: years without use leave no more than one window', () => {
    const spec = limit('nano_usd', HOUR_MS, { rolloverMax: '1000' });
    const caps = [1, 2, 3, 500].map((windows) => {
      const plan = planLimits([spec], 1, ANCHOR_MS + windows * HOUR_MS);
      return standingsOf(plan, [0n, 0n])[0]?.cap;
    });
    expect(caps).toEqual([20n, 20n, 20n, 20n]);
  });

  it('takes what was carried into a window and spent there as used of its own cap', () => {
    // 14 of 10 + 5 were spent: nothing of the own 10 is left, whatever of the 5 is.
    const plan = planLimits([limit('nano_usd', HOUR_MS, { rolloverMax: '5' })], 1, ANCHOR_MS + 9 * HOUR_MS);
    expect(standingsOf(plan, [0n, 14n])[0]?.cap).toBe(10n);
  });

  it.each<[string, WindowSpec, number]>([
    ['rolling', { kind: 'rolling', durationMs: HOUR_MS, anchorMs: ANCHOR_MS }, ANCHOR_MS + 1],
    // Counting began in mid-month, so that the first window is shorter than a month.
    [
      'calendar',
      { kind: 'calendar', unit: 'month', count: 1, timeZone: 'UTC', anchorMs: Date.UTC(2026, 0, 15) },
      Date.UTC(2026, 0, 20),
    ],
  ])('has nothing to carry into the first window (%s)', (_, window, nowMs) => {
    const spec = limit('nano_usd', 0, { window, rolloverMax: '5' });
    expect(planLimits([spec], 1, nowMs)).not.toHaveProperty('rollovers');
    expect(planLimits([spec], 1, windowAt(window, nowMs).endMs)).toHaveProperty('rollovers');
  });

  it('has nothing to carry from a window that began before counting did', () => {
    const window: WindowSpec = { kind: 'rolling', durationMs: HOUR_MS, anchorMs: ANCHOR_MS };
    for (const nowMs of [ANCHOR_MS - 5 * HOUR_MS, ANCHOR_MS - 1, ANCHOR_MS]) {
      expect(planLimits([limit('nano_usd', 0, { window, rolloverMax: '5' })], 1, nowMs)).not.toHaveProperty(
        'rollovers',
      );
    }
  });
});
