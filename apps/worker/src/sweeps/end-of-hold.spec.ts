import { describe, expect, it } from '@jest/globals';
import { NO_AMOUNTS } from '@penstock/domain';
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
  counters: ['q1.0.a', 't1.0.a', 'c2.0.b', 'i1.0.a', 'o1.0.a', 'n1.1.0'],
  ownerId: 'owner-1',
  expiresAtMs: 5_000,
  heldTokens: 700,
  heldInputTokens: 500,
  heldOutputTokens: 200,
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
      plan: { chargedIds: hold.counters },
      deltas: {
        requests: '-1',
        tokens: '-700',
        costNanoUsd: '-9007199254740993000',
        credits: '0',
        microCredits: '0',
        inputTokens: '-500',
        outputTokens: '-200',
        concurrentRequests: '-1',
      },
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
      chargedInputTokens: 500,
      chargedOutputTokens: 200,
      costNanoUsd: '9007199254740993000',
      startedAtMs: 1_000,
      settledAtMs: 31_000,
      latencyMs: 30_000,
      counters: hold.counters,
    });
    expect(record).not.toHaveProperty('ownerId');
  });

  it('corrected: turns the estimate into what the ledger has', () => {
    const op = correctOp(hold, {
      ...NO_AMOUNTS,
      requests: 1,
      tokens: 40,
      inputTokens: 30,
      outputTokens: 10,
      costNanoUsd: 12n,
    });
    expect(op.outboxEntry).toBe('');
    expect(op.deltas).toEqual({
      requests: '0',
      tokens: '-660',
      costNanoUsd: '-9007199254740992988',
      credits: '0',
      microCredits: '0',
      inputTokens: '-470',
      outputTokens: '-190',
      concurrentRequests: '-1',
    });
  });

  it('of an earlier release: has no input and output tokens to give back', () => {
    const { heldInputTokens: _input, heldOutputTokens: _output, ...earlier } = hold;
    expect(releaseOp(earlier).deltas).toMatchObject({ tokens: '-700', inputTokens: '0', outputTokens: '0' });
    const record = JSON.parse(chargeEntry(earlier, 31_000).slice(1)) as UsageRecord;
    expect(record).toMatchObject({ tokens: 700, chargedInputTokens: 0, chargedOutputTokens: 0 });
  });
});
