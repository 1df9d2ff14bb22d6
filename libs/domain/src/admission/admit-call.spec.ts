import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { AppError } from '../errors/app-error.js';
import type { LimitSpec } from '../limits/limits.js';
import { planModelRoutes } from '../routing/model-routes.js';
import type { Target } from '../routing/resolve-target.js';
import { configOf, limitOf, MemoryPort, policyOf, questionOf } from '../../test/admission-fixtures.js';
import { admitCall } from './admit-call.js';
import type { CallQuestion } from './decide-call.js';
import { LimitRefusedError } from './limit-refused-error.js';

/** Input of the usual question: bytes and overhead. Its answer has up to 100 tokens. */
const INPUT = 232;
const CHEAP = { model: 'openai/cheap', onExceed: 'fallback', fallbackModel: 'openai/cheap' } as const;

function portOf(limits: readonly LimitSpec[], facts = {}): MemoryPort {
  const cheap = { id: 'cheap', provider: 'openai', model: 'cheap', effectiveFromMs: 0, isFree: false };
  return new MemoryPort(
    policyOf({
      limits,
      priceOverrides: [
        ...policyOf().snapshot.priceOverrides,
        { ...cheap, inputUsdPerMtok: '0.1', outputUsdPerMtok: '0.4' },
      ],
      ...facts,
    }),
  );
}

async function refusalOf(port: MemoryPort, question: CallQuestion): Promise<LimitRefusedError> {
  const error = await admitCall(question, port).then(
    () => new Error('admitted'),
    (refusal: Error) => refusal,
  );
  if (!(error instanceof LimitRefusedError)) throw error;
  return error;
}

describe('admitCall', () => {
  it('asks once where there is room', async () => {
    const port = portOf([limitOf(INPUT + 100)]);
    const { decision, fallbackFrom } = await admitCall(questionOf(), port);
    expect({ target: `${decision.provider}/${decision.model}`, fallbackFrom }).toEqual({ target: 'openai/proof' });
    expect(port.asked).toEqual(['openai/proof']);
  });

  it('counts tokens only where the bytes do not fit, once, and only in a known vocabulary', async () => {
    const limits = [limitOf(INPUT + 10)];
    const port = portOf(limits);
    await admitCall(questionOf({ model: 'openai/gpt-4o' }), port).catch(() => undefined);
    // 132 tokens of overhead and 1 of text, and 100 of answer: 233.
    expect({ asked: port.asked, counted: port.counted }).toEqual({
      asked: ['openai/gpt-4o', 'openai/gpt-4o'],
      counted: 1,
    });
    const unknown = portOf(limits);
    await refusalOf(unknown, questionOf());
    expect({ asked: unknown.asked, counted: unknown.counted }).toEqual({ asked: ['openai/proof'], counted: 0 });
  });

  it('clamp: as long an answer as there is room for', async () => {
    const port = portOf([limitOf(INPUT + 40, { onExceed: 'clamp' })]);
    const { decision } = await admitCall(questionOf(), port);
    expect(decision.maxTokens).toBe(40);
    expect(port.asked).toEqual(['openai/proof', 'openai/proof max 40']);
  });

  it('clamp: refused as it was asked for when not even one token fits', async () => {
    const port = portOf([limitOf(INPUT, { onExceed: 'clamp' })]);
    const refusal = await refusalOf(port, questionOf());
    expect(refusal.refusal.decided).toMatchObject({ needed: String(INPUT + 100), on_exceed: 'clamp' });
    expect(port.asked).toEqual(['openai/proof']);
  });

  it('clamp: does not help against a limit on requests', async () => {
    const port = portOf([limitOf(0, { unit: 'requests', onExceed: 'clamp' })]);
    expect(await refusalOf(port, questionOf())).toMatchObject({ code: 'request_limited' });
    expect(port.asked).toHaveLength(1);
  });

  it('one that denies decides', async () => {
    const port = portOf([limitOf(INPUT + 40, { onExceed: 'clamp' }), limitOf(INPUT + 50)]);
    await refusalOf(port, questionOf());
    expect(port.asked).toHaveLength(1);
  });

  it('shadow never blocks', async () => {
    const port = portOf([limitOf(0, { onExceed: 'shadow' })]);
    await admitCall(questionOf(), port);
    expect(port.asked).toEqual(['openai/proof']);
  });

  it('fallback: the named model, decided anew', async () => {
    const port = portOf([limitOf(200_000, { unit: 'nano_usd', ...CHEAP })]);
    const { decision, fallbackFrom } = await admitCall(questionOf(), port);
    expect({ model: decision.model, priceId: decision.priceId, fallbackFrom }).toEqual({
      model: 'cheap',
      priceId: 'override:cheap',
      fallbackFrom: { provider: 'openai', model: 'proof' },
    });
  });

  it('fallback, then clamp', async () => {
    const budget = limitOf(200_000, { unit: 'nano_usd', ...CHEAP });
    const port = portOf([budget, limitOf(INPUT + 7, { onExceed: 'clamp' })]);
    const { decision, fallbackFrom } = await admitCall(questionOf(), port);
    expect(decision).toMatchObject({ model: 'cheap', maxTokens: 7 });
    expect(fallbackFrom).toEqual({ provider: 'openai', model: 'proof' });
    expect(port.asked).toEqual(['openai/proof', 'openai/cheap', 'openai/cheap max 7']);
  });

  it('fallback: one hop, and the refusal is that of the model that was asked for', async () => {
    const port = portOf([limitOf(1_000, { unit: 'nano_usd', ...CHEAP })]);
    const refusal = await refusalOf(port, questionOf());
    expect(port.asked).toEqual(['openai/proof', 'openai/cheap']);
    expect(refusal).toMatchObject({
      code: 'budget_exceeded',
      decision: { model: 'proof' },
      data: { fallback: { model: 'openai/cheap', code: 'budget_exceeded' }, decided_by: { on_exceed: 'fallback' } },
    });
  });

  it('fallback: a model that the key may not use is no way out', async () => {
    const limits = [limitOf(200_000, { unit: 'nano_usd', ...CHEAP })];
    const port = portOf(limits, { allowedModels: ['proof'] });
    expect(await refusalOf(port, questionOf())).toMatchObject({
      code: 'budget_exceeded',
      data: { fallback: { code: 'model_blocked' } },
    });
  });

  it('a limit of one provider: the next is tried, one reservation each, and the first refusal is shown', async () => {
    const providerConfigs = [configOf('openai', { weight: 3 }), configOf('groq', { weight: 2 }), configOf('mistral')];
    const ofProvider = (provider: string, cap: number): LimitSpec =>
      limitOf(cap, { entity: 'provider_config', entityName: provider, match: { provider } });
    const question = questionOf({ model: 'proof' });
    const some = portOf([ofProvider('openai', 0), ofProvider('groq', 0), ofProvider('mistral', 1_000)], {
      providerConfigs,
    });
    expect((await admitCall(question, some)).decision.provider).toBe('mistral');
    expect(some.asked).toEqual(['openai/proof', 'groq/proof', 'mistral/proof']);
    const none = portOf([ofProvider('openai', 0), ofProvider('groq', 0), ofProvider('mistral', 0)], {
      providerConfigs,
    });
    expect((await refusalOf(none, question)).refusal.decided.entity_name).toBe('openai');
    const ofKey = portOf([limitOf(0)], { providerConfigs });
    await refusalOf(ofKey, question);
    expect(ofKey.asked).toEqual(['openai/proof']);
  });

  it('a limit of one model: the next of the group is tried; one of the key: it is not', async () => {
    const modelRoutes = planModelRoutes({
      aliases: [],
      groups: [{ name: 'smart', models: ['openai/proof', 'openai/cheap', 'groq/proof'] }],
    });
    const question = questionOf({ model: 'smart' });
    const ofModel = portOf([limitOf(0, { entity: 'model_config', match: { model: 'proof' } })], { modelRoutes });
    const { decision } = await admitCall(question, ofModel);
    expect(ofModel.asked).toEqual(['openai/proof', 'openai/cheap']);
    expect(decision.others).toEqual([{ provider: 'groq', model: 'proof' }]);
    const ofKey = portOf([limitOf(0)], { modelRoutes });
    await refusalOf(ofKey, question);
    expect(ofKey.asked).toEqual(['openai/proof']);
  });

  it('targets that have failed are passed over, also where limits fall back and clamp', async () => {
    const modelRoutes = planModelRoutes({
      aliases: [],
      groups: [
        { name: 'smart', models: ['openai/proof', 'groq/proof'] },
        { name: 'small', models: ['openai/cheap', 'mistral/proof'] },
      ],
    });
    const failed = [{ provider: 'openai', model: 'proof' }];
    const clamp = portOf([limitOf(INPUT + 7, { onExceed: 'clamp' })], { modelRoutes });
    const clamped = await admitCall(questionOf({ model: 'smart' }), clamp);
    expect(clamped.decision).toMatchObject({ provider: 'openai', maxTokens: 7, others: [{ provider: 'groq' }] });
    clamp.totals.clear();
    const next = await admitCall(questionOf({ model: 'smart', failed }), clamp);
    expect(next.decision).toMatchObject({ provider: 'groq', maxTokens: 7, others: [] });

    const budget = limitOf(200_000, { unit: 'nano_usd', onExceed: 'fallback', fallbackModel: 'small' });
    const fallback = portOf([budget], { modelRoutes });
    const cheaper = await admitCall(questionOf({ model: 'smart', failed }), fallback);
    expect(fallback.asked).toEqual(['groq/proof', 'openai/cheap']);
    expect(cheaper).toMatchObject({ decision: { model: 'cheap' }, fallbackFrom: { provider: 'groq', model: 'proof' } });
  });

  it('property: attempts one after the other visit every target of a group once, in its order', async () => {
    const names = ['openai/proof', 'groq/proof', 'mistral/proof', 'openai/cheap', 'anthropic/proof'];
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), async (models) => {
        const port = portOf([], { modelRoutes: planModelRoutes({ aliases: [], groups: [{ name: 'smart', models }] }) });
        const callable = models.filter((name) => !name.startsWith('anthropic'));
        const failed: Target[] = [];
        for (const name of callable) {
          const { decision } = await admitCall(questionOf({ model: 'smart', failed }), port);
          expect(`${decision.provider}/${decision.model}`).toBe(name);
          failed.push(decision);
        }
        await expect(admitCall(questionOf({ model: 'smart', failed }), port)).rejects.toBeInstanceOf(AppError);
        expect(port.asked).toEqual(callable);
      }),
    );
  });

  it('property: whatever the limits say, none that is enforced is ever exceeded', async () => {
    const limit = fc.record({
      unit: fc.constantFrom('tokens', 'nano_usd', 'requests', 'input_tokens', 'output_tokens' as const),
      cap: fc.integer({ min: 0, max: 3_000 }),
      onExceed: fc.constantFrom(undefined, 'clamp', 'fallback', 'shadow' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(limit, { maxLength: 4 }), fc.integer({ min: 1, max: 6 }), async (specs, calls) => {
        const limits = specs.map(({ unit, cap, onExceed }) =>
          limitOf(unit === 'nano_usd' ? cap * 1_000 : unit === 'requests' ? cap % 5 : cap, {
            unit: unit as LimitSpec['unit'],
            ...(onExceed === undefined ? {} : { onExceed: onExceed as 'clamp', fallbackModel: 'openai/cheap' }),
          }),
        );
        const port = portOf(limits);
        await Promise.all(
          Array.from({ length: calls }, () =>
            admitCall(questionOf(), port).catch((error: unknown) => {
              if (!(error instanceof LimitRefusedError)) throw error;
            }),
          ),
        );
        for (const [id, total] of port.totals) {
          const spec = limits.find(({ key }) => id.startsWith(`${key}.`));
          if (spec?.onExceed !== 'shadow') expect(total).toBeLessThanOrEqual(BigInt(spec?.cap ?? 0));
        }
      }),
    );
  });
});
