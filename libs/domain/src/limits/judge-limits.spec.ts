import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { slidingBucketMs, type SlidingWindowSpec } from '../time/window.js';
import { type JudgedLimit, judgeLimits } from './judge-limits.js';
import { planLimits } from './limit-plan.js';
import { type CallAmounts, limitKey, type LimitSpec, type LimitUnit, NO_AMOUNTS } from './limits.js';

const START_MS = Date.UTC(2026, 0, 1);

function limit(unit: LimitUnit, cap: number | bigint, window: LimitSpec['window']): LimitSpec {
  return {
    key: limitKey(unit, 1),
    limitId: 'limit',
    unit,
    entity: 'virtual_key',
    entityId: 'id',
    entityName: 'name',
    cap: cap.toString(),
    generation: 1,
    window,
    durationText: 'x',
  };
}

const tokensOf = (tokens: number): CallAmounts => ({ ...NO_AMOUNTS, tokens });

/** Counters of one limit, charged by the plan's own rule. */
class Counters {
  private readonly totals = new Map<string, bigint>();

  constructor(private readonly spec: LimitSpec) {}

  judge(atMs: number, tokens: number): JudgedLimit {
    const plan = planLimits([this.spec], 1, atMs);
    const totals = plan.counterIds.map((id) => this.totals.get(id) ?? 0n);
    return judgeLimits(plan, totals, tokensOf(tokens), atMs)[0]!;
  }

  /** @returns whether the call was admitted. */
  call(atMs: number, tokens: number): boolean {
    if (this.judge(atMs, tokens).isExceeded) return false;
    const [id] = planLimits([this.spec], 1, atMs).chargedIds as [string];
    this.totals.set(id, (this.totals.get(id) ?? 0n) + BigInt(tokens));
    return true;
  }
}

const calls = fc.array(fc.record({ gapMs: fc.nat(120), tokens: fc.integer({ min: 1, max: 40 }) }), {
  minLength: 1,
  maxLength: 60,
});
const window = fc
  .record({ durationMs: fc.integer({ min: 1, max: 1_500 }), anchorMs: fc.integer({ min: -5_000, max: 5_000 }) })
  .map(({ durationMs, anchorMs }): SlidingWindowSpec => ({
    kind: 'sliding',
    durationMs,
    anchorMs: START_MS + anchorMs,
  }));

describe('a sliding window', () => {
  it('never holds more than the cap, wherever one looks', () => {
    fc.assert(
      fc.property(window, fc.integer({ min: 1, max: 120 }), calls, (spec, cap, wanted) => {
        const counters = new Counters(limit('tokens', cap, spec));
        const admitted: { atMs: number; tokens: number }[] = [];
        let atMs = START_MS;
        for (const { gapMs, tokens } of wanted) {
          atMs += gapMs;
          if (counters.call(atMs, tokens)) admitted.push({ atMs, tokens });
        }
        // The fullest stretches are those that begin with a call.
        for (const first of admitted) {
          const inside = admitted.filter((one) => one.atMs >= first.atMs && one.atMs < first.atMs + spec.durationMs);
          expect(inside.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(cap);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('counts a call no longer than the duration and two buckets', () => {
    fc.assert(
      fc.property(window, fc.nat(3_000), (spec, afterMs) => {
        const counters = new Counters(limit('tokens', 5, spec));
        const atMs = START_MS + afterMs;
        expect(counters.call(atMs, 5)).toBe(true);
        expect(counters.call(atMs + spec.durationMs - 1, 1)).toBe(false);
        expect(counters.call(atMs + spec.durationMs + 2 * slidingBucketMs(spec), 5)).toBe(true);
      }),
    );
  });

  it('has room at roomAtMs and not a millisecond before', () => {
    fc.assert(
      fc.property(
        window,
        fc.integer({ min: 40, max: 120 }),
        calls,
        fc.integer({ min: 1, max: 40 }),
        (spec, cap, wanted, tokens) => {
          const counters = new Counters(limit('tokens', cap, spec));
          let atMs = START_MS;
          for (const call of wanted) counters.call((atMs += call.gapMs), call.tokens);
          const judged = counters.judge(atMs, tokens);
          fc.pre(judged.isExceeded);
          const { roomAtMs } = judged;
          expect(roomAtMs).toBeGreaterThan(atMs);
          expect(counters.judge(roomAtMs!, tokens).isExceeded).toBe(false);
          expect(counters.judge(roomAtMs! - 1, tokens).isExceeded).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is reported as the time up to now', () => {
    const spec: SlidingWindowSpec = { kind: 'sliding', durationMs: 60_000, anchorMs: START_MS };
    expect(new Counters(limit('tokens', 1, spec)).judge(START_MS + 7, 1).report).toMatchObject({
      window_kind: 'sliding',
      window_started_at: new Date(START_MS + 7 - 60_000).toISOString(),
      window_ends_at: new Date(START_MS + 7).toISOString(),
    });
  });
});

describe('a window that does not slide', () => {
  it('has room when it ends', () => {
    const spec = limit('tokens', 3, { kind: 'rolling', durationMs: 1_000, anchorMs: START_MS });
    const counters = new Counters(spec);
    counters.call(START_MS + 400, 3);
    const { roomAtMs } = counters.judge(START_MS + 500, 1);
    expect(roomAtMs).toBe(START_MS + 1_000);
    expect(counters.judge(roomAtMs! - 1, 1).isExceeded).toBe(true);
    expect(counters.judge(roomAtMs!, 1).isExceeded).toBe(false);
  });
});

describe('what is left', () => {
  const concurrent = limit('concurrent_requests', 2, { kind: 'unending' });
  const judge = (spec: LimitSpec, totals: readonly bigint[], amounts: CallAmounts): JudgedLimit =>
    judgeLimits(planLimits([spec], 1, START_MS), totals, amounts, START_MS)[0]!;

  it('of running requests no clock tells', () => {
    const judged = judge(concurrent, [2n], { ...NO_AMOUNTS, concurrentRequests: 1 });
    expect(judged).toMatchObject({ isExceeded: true, roomAtMs: undefined, remaining: 0n });
    expect(judge(concurrent, [1n], { ...NO_AMOUNTS, concurrentRequests: 1 })).toMatchObject({ isExceeded: false });
  });

  it('does not matter to a call that needs nothing of it', () => {
    const spec = limit('nano_usd', 5, { kind: 'rolling', durationMs: 1_000, anchorMs: START_MS });
    expect(judge(spec, [9n], NO_AMOUNTS)).toMatchObject({ isExceeded: false, remaining: 0n });
  });

  it('of a shadow limit is reported and refuses nobody', () => {
    const judged = judge({ ...concurrent, onExceed: 'shadow' }, [2n], { ...NO_AMOUNTS, concurrentRequests: 1 });
    expect(judged).toMatchObject({ isExceeded: false, report: { fits: false, decides: false, cap: '2' } });
  });

  it('counts what the window before has left over', () => {
    const window = { kind: 'rolling', durationMs: 1_000, anchorMs: START_MS - 5_000 } as const;
    const spec = { ...limit('nano_usd', 10, window), rolloverMax: '6' };
    const judged = judge(spec, [8n, 5n], { ...NO_AMOUNTS, costNanoUsd: 7n });
    expect(judged).toMatchObject({ isExceeded: false, remaining: 7n, report: { cap: '15', used: '8', fits: true } });
    expect(judge(spec, [8n, 5n], { ...NO_AMOUNTS, costNanoUsd: 8n }).isExceeded).toBe(true);
  });
});
