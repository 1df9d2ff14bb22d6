import { describe, expect, it } from '@jest/globals';

import type { PolicyFacts } from '../policy/call-policy.js';
import { configOf, limitOf, policyOf, providersOf, questionOf, thrownBy } from '../../test/admission-fixtures.js';
import { planModelRoutes } from '../routing/model-routes.js';
import { type CallQuestion, decideCall } from './decide-call.js';

const budget = limitOf(1_000_000_000, { unit: 'nano_usd' });

describe('decideCall', () => {
  it('says where the call goes, at which price, and what it takes at most', () => {
    expect(decideCall(policyOf(), questionOf())).toMatchObject({
      provider: 'openai',
      model: 'proof',
      priceId: 'override:openai',
      amounts: { requests: 1, tokens: 332, inputTokens: 232, outputTokens: 100, costNanoUsd: 232_000n + 400_000n },
      maxTokens: undefined,
      others: [],
    });
  });

  it.each<[string, Partial<PolicyFacts>, Partial<CallQuestion>, object]>([
    ['an inactive key, before all else', { isActive: false }, { model: 'nobody' }, { code: 'virtual_key_blocked' }],
    [
      'a key whose team is paused, and says which and what it is',
      { suspension: { entity: 'team', id: 'hr', name: 'HR', status: 'paused' } },
      { model: 'nobody' },
      {
        code: 'team_suspended',
        detail: expect.stringContaining("'HR' (hr)"),
        data: { denied_by: { entity: 'team', entity_id: 'hr', rule: 'status' }, entity_status: 'paused' },
      },
    ],
    ['a name that leads nowhere', {}, { model: 'nobody' }, { code: 'model_not_found' }],
    [
      'a model that is not allowed, and says which are',
      { allowedModels: ['a', 'b'] },
      {},
      {
        code: 'model_blocked',
        data: { allowed: ['a', 'b'], denied_by: { entity_name: 'demo', rule: 'allowed_models' } },
      },
    ],
    [
      'a provider that is not allowed, and says which are',
      { allowedProviders: ['groq'] },
      {},
      { code: 'provider_blocked', data: { allowed: ['groq'] } },
    ],
    [
      'a provider without a config, and says which have one',
      { providerConfigs: [configOf('groq')] },
      {},
      { code: 'provider_blocked', data: { allowed: ['groq'], denied_by: { rule: 'provider_configs' } } },
    ],
    [
      'a provider that is not configured here',
      {},
      { providers: providersOf('groq') },
      { code: 'provider_not_configured' },
    ],
    ['a budget without a price', { limits: [budget] }, { model: 'openai/nobody' }, { code: 'model_unpriced' }],
    [
      'a budget and a premium tier',
      { limits: [budget] },
      { shape: { ...questionOf().shape, hasPremiumTier: true } },
      { code: 'model_unpriced', fields: [{ path: 'service_tier' }] },
    ],
  ])('refuses %s', (_, facts, question, error) => {
    expect(thrownBy(() => decideCall(policyOf(facts), questionOf(question)))).toMatchObject(error);
  });

  it('lists at most 50 names, and how many there are besides', () => {
    const allowedModels = Array.from({ length: 53 }, (_, index) => `m${index}`);
    expect(thrownBy(() => decideCall(policyOf({ allowedModels }), questionOf()))).toMatchObject({
      data: { allowed: allowedModels.slice(0, 50), allowed_more: 3 },
    });
  });

  it('a shadow budget needs no price', () => {
    const limits = [{ ...budget, onExceed: 'shadow' as const }];
    expect(decideCall(policyOf({ limits }), questionOf({ model: 'openai/nobody' })).priceId).toBeNull();
  });

  it('passes over what was tried, and over what cannot be called', () => {
    const policy = policyOf({
      providerConfigs: [configOf('openai', { weight: 3 }), configOf('groq', { weight: 2 }), configOf('mistral')],
      limits: [budget],
      priceOverrides: policyOf().snapshot.priceOverrides.map((one) =>
        one.provider === 'groq' ? { ...one, outputUsdPerMtok: undefined as never } : one,
      ),
    });
    const question = questionOf({ model: 'proof' });
    const target = (provider: string): object => ({ provider, model: question.model });
    expect(decideCall(policy, question)).toMatchObject({
      ...target('openai'),
      others: [target('groq'), target('mistral')],
    });
    expect(decideCall(policy, question, [target('openai') as never])).toMatchObject({
      ...target('mistral'),
      others: [],
    });
  });

  it('prices a call by an alias as the alias says, and one by the name of the model as its price book says', () => {
    const policy = policyOf({
      modelRoutes: planModelRoutes({
        aliases: [
          {
            name: 'fast',
            provider: 'openai',
            model: 'proof',
            clientPrice: { inputUsdPerMtok: '30', outputUsdPerMtok: '60' },
          },
          { name: 'plain', provider: 'openai', model: 'proof', clientPrice: null },
        ],
        groups: [],
      }),
    });
    const clientOf = (model: string): unknown => decideCall(policy, questionOf({ model })).call.billing?.client;
    expect(clientOf('fast')).toMatchObject({ id: 'alias:30/60:fast', factorE8: 100_000_000 });
    expect(clientOf('plain')).toBeUndefined();
    expect(clientOf('openai/proof')).toBeUndefined();
  });
});
