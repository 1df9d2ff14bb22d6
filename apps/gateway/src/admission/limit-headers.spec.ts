import { describe, expect, it } from '@jest/globals';
import { type CallAmounts, limitKey, type LimitSpec, type LimitUnit, planLimits } from '@penstock/domain';

import type { Hold } from './admission.service.js';
import { formatReset, setLimitHeaders } from './limit-headers.js';

const NOW_MS = Date.UTC(2026, 0, 1, 0, 30);
const HELD: CallAmounts = {
  requests: 1,
  tokens: 100,
  inputTokens: 60,
  outputTokens: 40,
  concurrentRequests: 1,
  costNanoUsd: 5_000n,
  clientCostNanoUsd: 5_000n,
  credits: 0n,
  microCredits: 0n,
};

function holdOf(limits: readonly (readonly [unit: LimitUnit, cap: string, total: string, hours: number])[]): Hold {
  const specs = limits.map(([unit, cap, , hours], index): LimitSpec => ({
    key: limitKey(unit, index),
    limitId: `limit-${index}`,
    unit,
    entity: 'virtual_key',
    entityId: 'id',
    entityName: 'name',
    cap,
    generation: 0,
    window: { kind: 'rolling', durationMs: hours * 3_600_000, anchorMs: Date.UTC(2026, 0, 1) },
    durationText: `${hours}h`,
  }));
  const hold: Pick<Hold, 'plan' | 'amounts' | 'totals'> = {
    plan: planLimits(specs, 1, NOW_MS),
    amounts: HELD,
    totals: limits.map(([, , total]) => total),
  };
  return hold as Hold;
}

function headersOf(hold: Hold, actual?: CallAmounts): Record<string, string> {
  const headers: Record<string, string> = {};
  setLimitHeaders(headers, hold, NOW_MS, actual);
  return headers;
}

describe('setLimitHeaders', () => {
  it('tells of the limit with the least left, per unit', () => {
    const hold = holdOf([
      ['requests', '10', '3', 1],
      ['requests', '5', '3', 24],
      ['tokens', '1000', '400', 1],
      ['nano_usd', '1000000000', '5000', 24],
      ['nano_usd', '20000', '5000', 1],
    ]);
    expect(headersOf(hold)).toEqual({
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '2',
      'x-ratelimit-reset-requests': '23h30m0s',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '600',
      'x-ratelimit-reset-tokens': '30m0s',
      'x-penstock-budget-remaining-usd': '0.000015000',
    });
  });

  it('counts what the call used instead of what was held for it', () => {
    const hold = holdOf([
      ['tokens', '1000', '400', 1],
      ['nano_usd', '20000', '5000', 1],
    ]);
    expect(headersOf(hold, { ...HELD, tokens: 30, costNanoUsd: 1_000n })).toMatchObject({
      'x-ratelimit-remaining-tokens': '670',
      'x-penstock-budget-remaining-usd': '0.000019000',
    });
  });

  it('says nothing about what is not limited', () => {
    expect(headersOf(holdOf([]))).toEqual({});
  });

  it('never goes below zero, and is exact beyond a double', () => {
    const hold = holdOf([
      ['requests', '1', '9', 1],
      ['tokens', '9223372036854775807', '1', 1],
    ]);
    expect(headersOf(hold)).toMatchObject({
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-remaining-tokens': '9223372036854775806',
    });
  });
});

describe('formatReset', () => {
  it.each([
    [-5, '0s'],
    [0, '0s'],
    [0.2, '1ms'],
    [120, '120ms'],
    [999, '999ms'],
    [999.5, '1s'],
    [1_000, '1s'],
    [1_001, '2s'],
    [59_001, '1m0s'],
    [360_000, '6m0s'],
    [3_599_999, '1h0m0s'],
    [7_384_000, '2h3m4s'],
    [30 * 86_400_000, '720h0m0s'],
  ])('%p ms is %s', (durationMs, text) => {
    expect(formatReset(durationMs)).toBe(text);
  });
});
