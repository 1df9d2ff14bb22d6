import { describe, expect, it } from '@jest/globals';
import type { HoldRecord, UsageRecord } from '@penstock/dto';

import { chargeEntry, correctOp, fateOfHold, releaseOp } from './end-of-hold.js';

const hold: HoldRecord = {
  id: '01900000-0000-7000-8000-000000000001',
  requestId: 'req-1',
  tenantId: '01900000-0000-7000-8000-00000000000a',
  keyId: '01900000-0000-7000-8000-00000000000b',
  secretId: '01900000-0000-7000-8000-00000000000c',
  teamId: null,
  customerId: null,
  provider: 'openai',
  modelRequested: 'gpt-4o',
  modelSent: 'gpt-4o',
  startedAtMs: 1_000,
  priceId: 'p1',
  counters: ['q1.0.a', 't1.0.a', 'c2.0.b'],
  ownerId: 'owner-1',
  expiresAtMs: 5_000,
  heldTokens: 700,
  heldNanoUsd: '9007199254740993000',
  isStream: true,
};

describe('fateOfHold', () => {
  const cases = [
    { isOwnerDead: false, isDispatched: true, nowMs: 5_000, kind: 'kept' },
    { isOwnerDead: false, isDispatched: false, nowMs: 4_999, kind: 'kept' },
    { isOwnerDead: false, isDispatched: true, nowMs: 5_001, kind: 'charged' },
    { isOwnerDead: false, isDispatched: false, nowMs: 5_001, kind: 'released' },
    { isOwnerDead: true, isDispatched: true, nowMs: 1_000, kind: 'charged' },
    { isOwnerDead: true, isDispatched: false, nowMs: 1_000, kind: 'released' },
  ];
  it.each(cases)('owner dead $isOwnerDead, dispatched $isDispatched, at $nowMs ms: $kind', ({ kind, ...seen }) => {
    expect(fateOfHold(hold, seen).kind).toBe(kind);
  });
});

describe('the end of a hold', () => {
  it('released: gives back every unit exactly', () => {
    expect(releaseOp(hold)).toEqual({
      holdId: hold.id,
      outboxEntry: '',
      plan: { counterIds: hold.counters },
      deltas: { requests: '-1', tokens: '-700', costNanoUsd: '-9007199254740993000' },
    });
  });

  it('charged: becomes an estimated record of the held amounts', () => {
    const entry = chargeEntry(hold, 31_000);
    expect(entry[0]).toBe('N');
    const record = JSON.parse(entry.slice(1)) as UsageRecord;
    expect(record).toMatchObject({
      id: hold.id,
      secretId: hold.secretId,
      outcome: 'orphaned',
      isEstimated: true,
      tokens: 700,
      costNanoUsd: '9007199254740993000',
      startedAtMs: 1_000,
      settledAtMs: 31_000,
      latencyMs: 30_000,
      counters: hold.counters,
    });
    expect(record).not.toHaveProperty('ownerId');
  });

  it('corrected: turns the estimate into what the ledger has', () => {
    const op = correctOp(hold, { requests: 1, tokens: 40, costNanoUsd: 12n });
    expect(op.outboxEntry).toBe('');
    expect(op.deltas).toEqual({ requests: '0', tokens: '-660', costNanoUsd: '-9007199254740992988' });
  });
});
