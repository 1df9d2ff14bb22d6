import { describe, expect, it } from '@jest/globals';
import { ZERO_USAGE } from '@penstock/domain';
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

  it('misses a counter that Redis lost while its window is open', () => {
    expect(compareTenant(redis({}), recorded, currentCounters(recorded, 999).get('tenant') ?? [])).toMatchObject([
      { counterId: 'c1.0.0', redis: null, expected: 100n },
    ]);
    expect(compareTenant(redis({}), recorded, currentCounters(recorded, 1_000).get('tenant') ?? [])).toEqual([]);
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
      ['a', 1n],
      ['b', 2n],
    ]);
    const events = new Map([
      ['b', 2n],
      ['c', 3n],
    ]);
    const found = compareLedger(ledger({ windows, events }));
    expect(found.map(({ counterId, postgres, events: sum }) => [counterId, postgres, sum])).toEqual([
      ['a', 1n, 0n],
      ['c', 0n, 3n],
    ]);
  });
});
