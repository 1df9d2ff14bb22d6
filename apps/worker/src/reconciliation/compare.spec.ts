import { describe, expect, it } from '@jest/globals';
import { counterIdOf, ZERO_USAGE } from '@penstock/domain';
import type { HoldRecord, UsageRecord } from '@penstock/dto';

import type { LimitDefinition } from '../limits/limit-definitions.js';
import { compareLedger, compareTenant, currentCounters } from './compare.js';
import type { LedgerState } from './ledger-state.js';
import type { RedisState } from './redis-state.js';

const identity = {
  requestId: 'r',
  tenantId: 'tenant',
  keyId: 'k',
  teamId: null,
  customerId: null,
  provider: 'openai',
  modelRequested: 'm',
  modelSent: 'm',
  startedAtMs: 0,
  priceId: null,
  counters: ['c1.0.0'],
};
const hold: HoldRecord = {
  ...identity,
  id: 'h',
  ownerId: 'o',
  expiresAtMs: 1,
  heldTokens: 1,
  heldNanoUsd: '50',
  isStream: false,
};
const settled: UsageRecord = {
  ...identity,
  id: 's',
  schemaVersion: 1,
  modelReported: null,
  usage: ZERO_USAGE,
  tokens: 1,
  costNanoUsd: '7',
  isEstimated: false,
  outcome: 'completed',
  isStream: false,
  upstreamStatus: 200,
  settledAtMs: 0,
  latencyMs: 0,
  ttftMs: null,
};
const definition: LimitDefinition = {
  key: 'c1',
  generation: 0,
  tenantId: 'tenant',
  window: { kind: 'rolling', durationMs: 1_000, anchorMs: 0 },
};

function redis(change: Partial<RedisState>): RedisState {
  return { tenantId: 'tenant', epoch: 1, counters: new Map(), holds: [], outbox: [], fingerprint: '', ...change };
}

function ledger(change: Partial<LedgerState>): LedgerState {
  return {
    definitions: new Map([['c1', definition]]),
    windows: new Map(),
    events: new Map(),
    pending: new Map(),
    epochs: new Map(),
    accountedIds: new Set(),
    rejectedCount: 0,
    credits: [],
    ...change,
  };
}

describe('compareTenant', () => {
  const recorded = ledger({ windows: new Map([['c1.0.0', 100n]]), events: new Map([['c1.0.0', 100n]]) });

  it('agrees when Redis is what is recorded, in flight and under way', () => {
    const state = redis({
      counters: new Map([['c1.0.0', 157n]]),
      holds: [hold],
      outbox: [{ isLate: false, record: settled }],
    });
    expect(compareTenant(state, recorded, [])).toEqual([]);
  });

  it('counts an entry once that PostgreSQL has and the outbox still shows', () => {
    const state = redis({ counters: new Map([['c1.0.0', 100n]]), outbox: [{ isLate: false, record: settled }] });
    expect(compareTenant(state, { ...recorded, accountedIds: new Set(['s']) }, [])).toEqual([]);
  });

  it('does not expect late records in Redis before they were added there', () => {
    const state = redis({ counters: new Map([['c1.0.0', 93n]]), outbox: [{ isLate: true, record: settled }] });
    expect(compareTenant(state, { ...recorded, pending: new Map([['c1.0.0', 7n]]) }, [])).toEqual([]);
  });

  it('shows a difference of one nano-dollar', () => {
    expect(compareTenant(redis({ counters: new Map([['c1.0.0', 101n]]) }), recorded, [])).toEqual([
      { tenantId: 'tenant', counterId: 'c1.0.0', redis: 101n, expected: 100n, held: 0n, postgres: 100n, events: 100n },
    ]);
  });

  it('misses a counter that Redis lost while its window, or of a budget the next one, is open', () => {
    expect(compareTenant(redis({}), recorded, currentCounters(recorded, 1_999).get('tenant') ?? [])).toMatchObject([
      { counterId: 'c1.0.0', redis: null, expected: 100n },
    ]);
    expect(compareTenant(redis({}), recorded, currentCounters(recorded, 2_000).get('tenant') ?? [])).toEqual([]);
  });

  it('misses a counter that Redis lost while it is still read: a sliding bucket, the window before of a budget', () => {
    const sliding = { kind: 'sliding', durationMs: 1_000, anchorMs: 0 } as const;
    const definitions = new Map<string, LimitDefinition>([
      ['c1', { ...definition, window: { kind: 'rolling', durationMs: 1_000, anchorMs: 0 } }],
      ['t1', { ...definition, key: 't1', window: sliding }],
    ]);
    const read = [counterIdOf('c1', 0, 4_000), counterIdOf('t1', 0, 4_900)];
    const history = [counterIdOf('c1', 0, 3_000), counterIdOf('t1', 0, 4_400)];
    const windows = new Map([...read, ...history].map((counterId) => [counterId, 1n]));
    const current = currentCounters(ledger({ definitions, windows }), 5_500).get('tenant') ?? [];
    expect(current.toSorted()).toEqual(read.toSorted());
  });

  it('takes the concurrent requests for what calls in flight hold, in every tenant for itself', () => {
    const running = { ...hold, counters: ['n1.1.0'] };
    const definitions = new Map([
      ['n1', { ...definition, key: 'n1', generation: 1, window: { kind: 'unending' } as const }],
    ]);
    const compare = (counters: [string, bigint][], tenantId = 'tenant') => {
      const elsewhere = new Map([...definitions].map(([key, one]) => [key, { ...one, tenantId }]));
      const state = redis({ counters: new Map(counters), holds: [running, { ...running, id: 'h2' }] });
      return compareTenant(state, ledger({ definitions: elsewhere }), []);
    };
    expect(compare([['n1.1.0', 2n]])).toEqual([]);
    expect(compare([['n1.1.0', 3n]])).toMatchObject([{ counterId: 'n1.1.0', redis: 3n, expected: 2n, held: 2n }]);
    expect(compare([])).toMatchObject([{ counterId: 'n1.1.0', redis: null, expected: 2n }]);
    // Its limit has moved, its calls end here all the same.
    expect(compare([['n1.1.0', 2n]], 'other')).toEqual([]);
    expect(compare([['n1.1.0', 1n]], 'other')).toMatchObject([{ redis: 1n, expected: 2n }]);
  });

  it('leaves alone what is not resident or counts elsewhere now', () => {
    expect(compareTenant(redis({ epoch: null }), recorded, ['c1.0.0'])).toEqual([]);
    const moved = { ...recorded, definitions: new Map([['c1', { ...definition, tenantId: 'other' }]]) };
    expect(compareTenant(redis({ counters: new Map([['c1.0.0', 1n]]) }), moved, [])).toEqual([]);
  });
});

describe('compareLedger', () => {
  it('shows windows that are not the sum of their events', () => {
    const windows = new Map([
      ['c1.0.0', 1n],
      ['c2.0.0', 2n],
    ]);
    const events = new Map([
      ['c2.0.0', 2n],
      ['c3.0.0', 3n],
    ]);
    const found = compareLedger(ledger({ windows, events }), 0);
    expect(found.map(({ counterId, postgres, events: sum }) => [counterId, postgres, sum])).toEqual([
      ['c1.0.0', 1n, 0n],
      ['c3.0.0', 0n, 3n],
    ]);
  });

  it('does not miss a window of a rate limit that ended before the retention', () => {
    const startMs = 1_000_000;
    const [tokens, budget] = [counterIdOf('t1', 1, startMs), counterIdOf('c1', 1, startMs)];
    const missing = (counterId: string, cutoffMs: number): boolean =>
      compareLedger(ledger({ events: new Map([[counterId, 3n]]) }), cutoffMs).length === 1;
    expect([missing(tokens, startMs), missing(tokens, startMs + 1)]).toEqual([true, false]);
    expect(missing(budget, startMs + 1)).toBe(true);
    // What is there must be right, however old.
    const wrong = ledger({ windows: new Map([[tokens, 2n]]), events: new Map([[tokens, 3n]]) });
    expect(compareLedger(wrong, startMs + 1)).toHaveLength(1);
  });
});
