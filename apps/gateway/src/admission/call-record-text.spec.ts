import { describe, expect, it } from '@jest/globals';
import { type CallAmounts, ZERO_USAGE } from '@penstock/domain';
import type { CallIdentity } from '@penstock/dto';

import { holdRecordText, usageRecordText } from './call-record-text.js';

const amounts: CallAmounts = {
  requests: 1,
  tokens: 3,
  inputTokens: 2,
  outputTokens: 1,
  concurrentRequests: 1,
  costNanoUsd: 7_500n,
  clientCostNanoUsd: 7_500n,
  credits: 0n,
  microCredits: 0n,
};
const counters = ['c1.0.k', 't1.0.k'];
const identityOf = (modelRequested: string): CallIdentity => ({
  id: '01a2076d-7a8a-77df-80b5-f584a956bab2',
  requestId: 'req_1',
  tenantId: 'tenant',
  keyId: 'key',
  secretId: 'secret',
  teamId: null,
  customerId: 'customer',
  provider: 'openai',
  modelRequested,
  modelSent: 'gpt-4o',
  startedAtMs: 1_700_000_000_000,
  priceId: 'genai-prices@1:openai/gpt-4o',
  counters,
});

describe.each(['openai/gpt-4o', 'a "quoted" \\ name', 'naïve\n模型'])('records of a call to %j', (model) => {
  const identity = identityOf(model);

  it('are the JSON of a hold', () => {
    const text = holdRecordText(identity, { expiresAtMs: 5, isStream: true }, amounts, 'host-1');
    const heldAmounts = { heldTokens: 3, heldInputTokens: 2, heldOutputTokens: 1, heldNanoUsd: '7500' };
    const held = { ownerId: 'host-1', expiresAtMs: 5, isStream: true, ...heldAmounts };
    expect(JSON.parse(text)).toEqual({ ...identity, ...held });
  });

  it('are the JSON of a usage record', () => {
    const result = {
      modelReported: 'gpt-4o-"2024"',
      usage: { ...ZERO_USAGE, inputTokens: 3 },
      isEstimated: false,
      outcome: 'completed' as const,
      isStream: false,
      upstreamStatus: null,
      latencyMs: 1,
      ttftMs: null,
    };
    const charged = { tokens: 3, chargedInputTokens: 2, chargedOutputTokens: 1, costNanoUsd: '7500' };
    const settled = { ...charged, settledAtMs: 9 };
    expect(JSON.parse(usageRecordText(identity, result, amounts, 9))).toEqual({
      schemaVersion: 1,
      ...identity,
      ...result,
      ...settled,
    });
  });
});
