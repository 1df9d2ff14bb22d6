import { describe, expect, it } from '@jest/globals';
import { type AccessQuestion, evaluateAccess } from './access.js';

const OPEN: AccessQuestion = {
  isActive: true,
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
  ])('%s', (_, more, code) => {
    expect(evaluateAccess({ ...OPEN, ...more })).toEqual(
      code === undefined ? { allowed: true } : { allowed: false, code },
    );
  });
});
