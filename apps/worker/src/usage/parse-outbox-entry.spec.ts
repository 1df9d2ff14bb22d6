import { describe, expect, it } from '@jest/globals';
import { ZERO_USAGE } from '@penstock/domain';
import type { UsageRecord } from '@penstock/dto';

import { parseOutboxEntry } from './parse-outbox-entry.js';

const tenantId = '01900000-0000-7000-8000-00000000000a';
const id = '01900000-0000-7000-8000-000000000001';

const record: UsageRecord = {
  schemaVersion: 1,
  id,
  requestId: 'req-1',
  tenantId,
  keyId: '01900000-0000-7000-8000-00000000000b',
  teamId: null,
  customerId: tenantId,
  provider: 'openai',
  modelRequested: 'openai/gpt-4o',
  modelSent: 'gpt-4o',
  startedAtMs: 1_700_000_000_000,
  priceId: 'catalogue:openai/gpt-4o',
  counters: ['q1.0.a', 'c2.0.b'],
  modelReported: null,
  usage: { ...ZERO_USAGE, inputTokens: 7 },
  tokens: 7,
  costNanoUsd: '17500',
  isEstimated: false,
  outcome: 'completed',
  isStream: false,
  upstreamStatus: 200,
  settledAtMs: 1_700_000_001_000,
  latencyMs: 1_000,
  ttftMs: null,
};

const entryOf = (change: Record<string, unknown>): string => `N${JSON.stringify({ ...record, ...change })}`;

function reasonFor(entry: string): string {
  const parsed = parseOutboxEntry(tenantId, id, entry);
  return parsed.isValid ? 'valid' : parsed.reason;
}

describe('parseOutboxEntry', () => {
  it('reads normal and late entries', () => {
    expect(parseOutboxEntry(tenantId, id, `N${JSON.stringify(record)}`)).toEqual({
      isValid: true,
      value: { isLate: false, record },
    });
    expect(parseOutboxEntry(tenantId, id, `L${JSON.stringify(record)}`)).toMatchObject({ value: { isLate: true } });
  });

  it('reads records with and without the value of the key that was used', () => {
    expect(reasonFor(entryOf({}))).toBe('valid');
    expect(reasonFor(entryOf({ secretId: id }))).toBe('valid');
  });

  it('makes chosen texts and measured numbers fit for PostgreSQL', () => {
    const parsed = parseOutboxEntry(
      tenantId,
      id,
      entryOf({ modelRequested: 'a\0b', modelReported: 'x'.repeat(3_000), latencyMs: 1.5e10, ttftMs: 12.6 }),
    );
    if (!parsed.isValid) throw new Error(parsed.reason);
    const { modelRequested, modelReported, latencyMs, ttftMs } = parsed.value.record;
    expect({ modelRequested, length: modelReported?.length, latencyMs, ttftMs }).toEqual({
      modelRequested: 'a\uFFFDb',
      length: 256,
      latencyMs: 2_147_483_647,
      ttftMs: 13,
    });
  });

  const broken: [string, string][] = [
    ['', 'unknown tag ""'],
    ['X{}', 'unknown tag "X"'],
    ['N{', 'the record is not JSON'],
    ['Nnull', 'the record is not an object'],
    [entryOf({ schemaVersion: 2 }), 'schemaVersion is not 1'],
    [entryOf({ id: 'other' }), 'id is not the UUID it is stored under'],
    [entryOf({ tenantId: record.keyId }), 'tenantId is not the UUID of its tenant'],
    [entryOf({ keyId: "x'; DROP" }), 'keyId is not a UUID'],
    [entryOf({ secretId: null }), 'secretId is not a UUID'],
    [entryOf({ provider: 7 }), 'provider is not a string'],
    [entryOf({ startedAtMs: 9e15 }), 'startedAtMs is not an instant in milliseconds'],
    [entryOf({ usage: { ...record.usage, toolUnits: -1 } }), 'usage.toolUnits is not a whole number'],
    [entryOf({ tokens: 1.5 }), 'tokens is not a whole number'],
    [entryOf({ costNanoUsd: '-1' }), 'costNanoUsd is not a whole number'],
    [entryOf({ costNanoUsd: 17_500 }), 'costNanoUsd is not a whole number'],
    [entryOf({ outcome: 'lost' }), 'outcome is unknown'],
    [entryOf({ counters: ['x1.0.a'] }), 'counters[0] is not a counter id'],
    [entryOf({ counters: ['q1.0.a', 'q1.0.a'] }), 'counters[1] is named twice'],
    [entryOf({ counters: ['q1.99999999999.a'] }), 'counters[0] is not a counter id'],
  ];
  it.each(broken)('rejects %j: %s', (entry, reason) => {
    expect(reasonFor(entry)).toBe(reason);
  });
});
