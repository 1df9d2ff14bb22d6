import { describe, expect, it } from '@jest/globals';
import { ZERO_USAGE } from '@penstock/domain';
import type { UsageRecord } from '@penstock/dto';

import { plainArray, textArray } from './array-literal.js';
import { latestUses } from './latest-uses.js';
import { sumDays, utcDay } from './sum-days.js';
import { sumWindows } from './sum-windows.js';

const DAY_MS = 86_400_000;

function call(change: Partial<UsageRecord>): UsageRecord {
  return {
    schemaVersion: 1,
    id: '01900000-0000-7000-8000-000000000001',
    requestId: 'req',
    tenantId: 'tenant',
    keyId: 'key',
    teamId: null,
    customerId: null,
    provider: 'openai',
    modelRequested: 'gpt-4o',
    modelSent: 'gpt-4o',
    startedAtMs: 0,
    priceId: null,
    counters: [],
    modelReported: null,
    usage: ZERO_USAGE,
    tokens: 0,
    costNanoUsd: '0',
    isEstimated: false,
    outcome: 'completed',
    isStream: false,
    upstreamStatus: 200,
    settledAtMs: 0,
    latencyMs: 0,
    ttftMs: null,
    ...change,
  };
}

describe('sumWindows', () => {
  it('adds each unit to its counters, exactly, in one order', () => {
    const big = '9007199254740993';
    const increments = sumWindows([
      call({ counters: ['t2.3.k', 'c1.0.a', 'q9.0.b'], tokens: 40, costNanoUsd: big }),
      call({ counters: ['c1.0.a', 'q9.0.b'], tokens: 2, costNanoUsd: big }),
    ]);
    expect(increments).toEqual([
      { counterId: 'c1.0.a', limitKey: 'c1', generation: 0, windowStartMs: 10, amount: 18014398509481986n },
      { counterId: 'q9.0.b', limitKey: 'q9', generation: 0, windowStartMs: 11, amount: 2n },
      { counterId: 't2.3.k', limitKey: 't2', generation: 3, windowStartMs: 20, amount: 40n },
    ]);
  });
});

describe('sumDays', () => {
  it('keeps days, paths and models apart', () => {
    const increments = sumDays([
      call({ startedAtMs: DAY_MS - 1, usage: { ...ZERO_USAGE, inputTokens: 5 }, tokens: 5, costNanoUsd: '7' }),
      call({
        startedAtMs: 0,
        usage: { ...ZERO_USAGE, outputTokens: 3 },
        tokens: 3,
        costNanoUsd: '1',
        isEstimated: true,
      }),
      call({ startedAtMs: DAY_MS, tokens: 1 }),
      call({ startedAtMs: 0, teamId: 'team', tokens: 1 }),
      call({ startedAtMs: 0, modelSent: 'gpt-4o-mini', tokens: 1 }),
    ]);
    expect(
      increments.map(({ day, record, calls, tokens }) => [day, record.teamId, record.modelSent, calls, tokens]),
    ).toEqual([
      ['1970-01-01', null, 'gpt-4o', 2n, 8n],
      ['1970-01-01', null, 'gpt-4o-mini', 1n, 1n],
      ['1970-01-01', 'team', 'gpt-4o', 1n, 1n],
      ['1970-01-02', null, 'gpt-4o', 1n, 1n],
    ]);
    expect(increments[0]).toMatchObject({
      callsEstimated: 1n,
      costNanoUsd: 8n,
      usage: { inputTokens: 5n, outputTokens: 3n },
    });
  });

  it('names days in UTC, far ones too', () => {
    expect(utcDay(Date.UTC(2026, 10, 23, 23, 59, 59, 999))).toBe('2026-11-23');
    expect(utcDay(8_640_000_000_000_000)).toBe('275760-09-13');
  });
});

describe('latestUses', () => {
  it('keeps the latest call of each value, in one order, and knows nothing of calls without one', () => {
    expect(
      latestUses([
        call({ secretId: 'b', startedAtMs: 5 }),
        call({ secretId: 'a', startedAtMs: 9 }),
        call({ secretId: 'b', startedAtMs: 7 }),
        call({ secretId: 'b', startedAtMs: 6 }),
        call({ startedAtMs: 99 }),
      ]),
    ).toEqual([
      { secretId: 'a', usedAtMs: 9 },
      { secretId: 'b', usedAtMs: 7 },
    ]);
  });
});

describe('array literals', () => {
  it('write nulls, quotes and backslashes as PostgreSQL reads them', () => {
    expect(plainArray([1, 2n, 'a-b', true, null])).toBe('{1,2,a-b,true,NULL}');
    expect(textArray(['a', null, 'NULL', '', 'x"y\\z', '{,}'])).toBe('{"a",NULL,"NULL","","x\\"y\\\\z","{,}"}');
    expect(plainArray([])).toBe('{}');
  });
});
