import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { counterId, type LimitSpec } from '../limits/limits.js';
import { windowAt } from '../time/window.js';
import { configOf, limitOf, MemoryPort, NOW_MS, policyOf, questionOf } from '../../test/admission-fixtures.js';
import { admitCall } from './admit-call.js';
import { type CounterReading, explainCall } from './explain-call.js';

const INPUT = 232;
const NOTHING: CounterReading = { totals: new Map(), held: new Map() };
const count = (): Promise<number> => Promise.resolve(1);
const counterOf = (limit: LimitSpec): string => counterId(limit, windowAt(limit.window, NOW_MS));

describe('explainCall', () => {
  it('says what would be called, what it would take, and how each limit stands', async () => {
    const limit = limitOf(10_000);
    const reading = { totals: new Map([[counterOf(limit), 700n]]), held: new Map([[counterOf(limit), 200n]]) };
    expect(await explainCall(policyOf({ limits: [limit] }), questionOf(), reading, count)).toMatchObject({
      isAdmitted: true,
      target: { provider: 'openai', model: 'proof' },
      candidates: [{ provider: 'openai', model: 'proof' }],
      estimate: { inputTokens: INPUT, outputTokens: 100, costNanoUsd: 632_000n, isPriced: true },
      limits: [{ limit_id: limit.limitId, cap: '10000', used: '700', held: '200', needed: '332', fits: true }],
      action: { kind: 'none' },
      exceededShadowIds: [],
      refusal: null,
    });
  });

  it('says what decides, what would help, and how long to wait', async () => {
    const limit = limitOf(INPUT + 50);
    const explanation = await explainCall(policyOf({ limits: [limit] }), questionOf(), NOTHING, count);
    expect(explanation).toMatchObject({
      isAdmitted: false,
      target: null,
      limits: [{ decides: true, remaining: String(INPUT + 50) }],
      refusal: {
        code: 'token_limited',
        status: 429,
        remedy: expect.stringContaining('50'),
        retryAfterMs: 43_200_000,
        details: { decided_by: { limit_id: limit.limitId }, max_tokens_that_fits: 50 },
      },
    });
  });

  it('says what a refusal before any limit is about', async () => {
    const policy = policyOf({ allowedModels: ['a'], limits: [limitOf(1)] });
    expect(await explainCall(policy, questionOf(), NOTHING, count)).toMatchObject({
      isAdmitted: false,
      estimate: null,
      limits: [],
      refusal: { code: 'model_blocked', status: 403, retryAfterMs: null, details: { allowed: ['a'] } },
    });
  });

  it('shows the limits as they stand against the call that was asked for, whatever is done about them', async () => {
    const clamp = limitOf(INPUT + 7, { onExceed: 'clamp' });
    const shadow = limitOf(0, { onExceed: 'shadow' });
    expect(await explainCall(policyOf({ limits: [clamp, shadow] }), questionOf(), NOTHING, count)).toMatchObject({
      isAdmitted: true,
      action: { kind: 'clamp', maxTokens: 7 },
      estimate: { outputTokens: 7 },
      limits: [
        { needed: '332', decides: true, on_exceed: 'clamp' },
        { needed: '332', fits: false, decides: false, on_exceed: 'shadow' },
      ],
      exceededShadowIds: [shadow.limitId],
    });
  });

  it('property: admits exactly what a reservation admits, and as it does', async () => {
    const unit = fc.constantFrom('tokens', 'nano_usd', 'requests', 'input_tokens', 'output_tokens' as const);
    const limit = fc.record({
      unit,
      cap: fc.integer({ min: 0, max: 900 }),
      used: fc.integer({ min: 0, max: 300 }),
      onExceed: fc.constantFrom(undefined, 'clamp', 'fallback', 'shadow' as const),
      provider: fc.constantFrom(undefined, 'openai', 'groq'),
    });
    const cases = fc.record({
      limits: fc.array(limit, { maxLength: 4 }),
      isSpread: fc.boolean(),
      draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ limits: specs, isSpread, draw }) => {
        const scale = (spec: { unit: string }): number => (spec.unit === 'nano_usd' ? 1_000 : 1);
        const limits = specs.map((spec) =>
          limitOf(spec.cap * scale(spec), {
            unit: spec.unit as LimitSpec['unit'],
            ...(spec.onExceed === undefined
              ? {}
              : { onExceed: spec.onExceed as 'clamp', fallbackModel: 'mistral/proof' }),
            ...(spec.provider === undefined ? {} : { match: { provider: spec.provider } }),
          }),
        );
        const providerConfigs = ['openai', 'groq', 'mistral'].map((provider) => configOf(provider));
        const policy = policyOf({ limits, ...(isSpread ? { providerConfigs } : {}) });
        const question = questionOf({ draw, model: isSpread ? 'proof' : 'openai/proof' });
        const totals = new Map(
          limits.map((one, index) => [counterOf(one), BigInt((specs[index]?.used ?? 0) * scale(one))]),
        );
        const explanation = await explainCall(policy, question, { totals, held: new Map() }, count);
        const port = new MemoryPort(policy);
        for (const [id, total] of totals) port.totals.set(id, total);
        const admitted = await admitCall(question, port).catch(() => undefined);
        expect({
          isAdmitted: explanation.isAdmitted,
          target: explanation.target,
          from: explanation.action.kind === 'fallback' ? explanation.action.from : undefined,
          maxTokens: explanation.action.kind === 'none' ? undefined : explanation.action.maxTokens,
        }).toEqual({
          isAdmitted: admitted !== undefined,
          target:
            admitted === undefined ? null : { provider: admitted.decision.provider, model: admitted.decision.model },
          from: admitted?.fallbackFrom,
          maxTokens: admitted?.decision.maxTokens,
        });
      }),
    );
  });
});
