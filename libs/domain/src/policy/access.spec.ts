import { describe, expect, it } from '@jest/globals';
import { evaluateAccess, type KeyQuestion, type ModelQuestion } from './access.js';
import type { ProviderConfig } from './provider-config.js';

type AccessQuestion = KeyQuestion & ModelQuestion;

const config = (provider: string, allowedModels: readonly string[] | null): ProviderConfig => ({
  id: provider,
  provider,
  weight: 1,
  allowedModels,
});

const OPEN: AccessQuestion = {
  isActive: true,
  nowMs: 0,
  providerConfigs: [],
  allowedModels: null,
  allowedProviders: null,
  provider: 'openai',
  model: 'gpt-4o',
};

describe('evaluateAccess', () => {
  it.each<[string, Partial<AccessQuestion>, string | undefined]>([
    ['no lists', {}, undefined],
    ['empty lists', { allowedModels: [], allowedProviders: [] }, undefined],
    ['listed', { allowedModels: ['x', 'gpt-4o'], allowedProviders: ['openai'] }, undefined],
    ['inactive', { isActive: false }, 'virtual_key_blocked'],
    ['inactive before all else', { isActive: false, allowedModels: ['x'] }, 'virtual_key_blocked'],
    ['another model', { allowedModels: ['gpt-4'] }, 'model_blocked'],
    ['a longer name is another model', { allowedModels: ['gpt-4o-mini'] }, 'model_blocked'],
    ['case matters', { allowedModels: ['GPT-4o'] }, 'model_blocked'],
    ['another provider', { allowedProviders: ['anthropic'] }, 'provider_blocked'],
    ['model before provider', { allowedModels: ['x'], allowedProviders: ['x'] }, 'model_blocked'],
    ['a config of the provider', { providerConfigs: [config('groq', null), config('openai', null)] }, undefined],
    ['a config without models', { providerConfigs: [config('openai', [])] }, undefined],
    ['a config that lists the model', { providerConfigs: [config('openai', ['gpt-4o'])] }, undefined],
    ['configs of other providers only', { providerConfigs: [config('groq', null)] }, 'provider_blocked'],
    ['a config that lists other models', { providerConfigs: [config('openai', ['gpt-4'])] }, 'model_blocked'],
    [
      "a config that allows what the key's list does not",
      { providerConfigs: [config('openai', ['gpt-4o'])], allowedModels: ['x'] },
      'model_blocked',
    ],
    [
      'a config of a provider that the key does not list',
      { providerConfigs: [config('openai', null)], allowedProviders: ['x'] },
      'provider_blocked',
    ],
  ])('%s', (_, more, code) => {
    expect(evaluateAccess({ ...OPEN, ...more })).toMatchObject(
      code === undefined ? { allowed: true } : { allowed: false, code },
    );
  });
});
