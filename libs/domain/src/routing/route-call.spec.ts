import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { PolicyFacts } from '../policy/call-policy.js';
import { configOf, policyOf, providersOf, thrownBy } from '../../test/admission-fixtures.js';
import { routeCall } from './route-call.js';

const ALL = providersOf('openai', 'groq', 'mistral');

function route(facts: Partial<PolicyFacts>, model: string, draw = 0, providers = ALL): string[] {
  return routeCall(policyOf(facts).snapshot, model, providers, draw).map((one) => `${one.provider}/${one.model}`);
}

describe('routeCall', () => {
  const providerConfigs = [
    configOf('openai', { weight: 1 }),
    configOf('groq', { weight: 3, allowedModels: ['proof', 'llama'] }),
    configOf('mistral', { weight: 0 }),
  ];

  it.each<[string, Partial<PolicyFacts>, string, string[]]>([
    ['without configs: the provider that the catalogue knows', {}, 'gpt-4o', ['openai/gpt-4o']],
    ['a prefix: only there', { providerConfigs }, 'openai/proof', ['openai/proof']],
    [
      'a bare name: by weight, then the others',
      { providerConfigs },
      'proof',
      ['groq/proof', 'openai/proof', 'mistral/proof'],
    ],
    ['only those that serve it', { providerConfigs }, 'gpt-4o', ['openai/gpt-4o']],
    ['a model that only a config knows', { providerConfigs }, 'llama', ['groq/llama']],
    ["what the key's providers allow", { providerConfigs, allowedProviders: ['openai'] }, 'proof', ['openai/proof']],
  ])('%s', (_, facts, model, targets) => {
    expect(route(facts, model)).toEqual(targets);
  });

  it.each<[string, Partial<PolicyFacts>, string, object]>([
    ['a name that nobody knows', {}, 'nobody', { code: 'model_not_found' }],
    ['a name that no config knows', { providerConfigs }, 'nobody', { code: 'model_not_found' }],
    [
      'a model of a provider without a config',
      { providerConfigs },
      'claude-3-5-sonnet-20240620',
      {
        code: 'provider_blocked',
        data: { allowed: ['openai', 'groq', 'mistral'], denied_by: { rule: 'provider_configs' } },
      },
    ],
    [
      'a model that its config does not list',
      { providerConfigs: [configOf('openai', { allowedModels: ['gpt-4o-mini'] })] },
      'gpt-4o',
      { code: 'model_blocked', data: { allowed: ['gpt-4o-mini'], denied_by: { rule: 'provider_configs' } } },
    ],
    [
      'a model that the key does not list',
      { providerConfigs, allowedModels: ['gpt-4o'] },
      'proof',
      { code: 'model_blocked', data: { allowed: ['gpt-4o'], denied_by: { rule: 'allowed_models' } } },
    ],
  ])('refuses %s', (_, facts, model, error) => {
    expect(thrownBy(() => route(facts, model))).toMatchObject(error);
  });

  it('refuses a model whose providers are not configured here', () => {
    expect(thrownBy(() => route({ providerConfigs }, 'llama', 0, providersOf('openai')))).toMatchObject({
      code: 'provider_not_configured',
      detail: expect.stringContaining("'groq'"),
    });
  });

  it('leaves out what is not configured here', () => {
    expect(route({ providerConfigs }, 'proof', 0, providersOf('openai', 'mistral'))).toEqual([
      'openai/proof',
      'mistral/proof',
    ]);
  });

  it.each([
    [0, 'groq'],
    [0.7499, 'groq'],
    [0.75, 'openai'],
    [0.999999, 'openai'],
  ])('draws by weight: %p picks %s', (draw, provider) => {
    expect(route({ providerConfigs }, 'proof', draw)[0]).toBe(`${provider}/proof`);
  });

  it('property: every candidate once, weight 0 never first unless nothing weighs, the others by weight', () => {
    const names = ['openai', 'groq', 'mistral'];
    const weights = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 100, noNaN: true })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (list, draw) => {
        const configs = list.map((weight, index) => configOf(names[index] ?? '', { weight }));
        const picked = routeCall(policyOf({ providerConfigs: configs }).snapshot, 'proof', ALL, draw);
        expect(picked.map(({ provider }) => provider).toSorted()).toEqual(names.slice(0, list.length).toSorted());
        const weightOf = (provider: string): number => configs.find((one) => one.provider === provider)?.weight ?? -1;
        const [first = 0, ...others] = picked.map(({ provider }) => weightOf(provider));
        if (list.some((weight) => weight > 0)) expect(first).toBeGreaterThan(0);
        expect(others).toEqual(others.toSorted((one, other) => other - one));
      }),
    );
  });
});
