import { describe, expect, it } from '@jest/globals';
import { planModelRoutes, resolveTarget } from '@penstock/domain';
import fc from 'fast-check';

import { faultsOfModels } from './plan-group-models.js';

const planned = (modelName: string) => ({ modelName, priority: 0, isActive: true });

describe('the models of a group', () => {
  it.each([
    'gpt-4-turbo',
    'gpt-3.5-turbo',
    'claude-sonnet-4-5',
    'openai/gpt-4o',
    'my-own_provider.2/anything at all',
    'fireworks/accounts/fireworks/models/llama-v3',
  ])('may be %p', (modelName) => {
    expect(faultsOfModels([planned(modelName)])).toEqual([]);
  });

  it.each([
    ['a-model-nobody-knows', /write it as provider\/model/],
    ['OpenAI/gpt-4o', /must name its provider as 'openai'/],
    ['google/gemini-2.5-pro', /must name its provider as 'gemini'/],
    ['/gpt-4o', /name of a provider/],
    ['open ai/gpt-4o', /name of a provider/],
    ['openai/', /after its first slash/],
  ])('may not be %p', (modelName, reason) => {
    expect(faultsOfModels([planned('gpt-4o'), planned(modelName)])).toEqual([
      { index: 1, reason: expect.stringMatching(reason) },
    ]);
  });

  it('are there once', () => {
    expect(faultsOfModels(['gpt-4o', 'openai/gpt-4o', 'gpt-4o'].map(planned))).toEqual([
      { index: 2, reason: 'is in the list twice' },
    ]);
  });

  it('always lead somewhere when they are accepted', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `openai/${text}`),
        ),
        (modelName) => {
          fc.pre(faultsOfModels([planned(modelName)]).length === 0);
          const [route] = planModelRoutes({ aliases: [], groups: [{ name: 'group', models: [modelName] }] });
          const [target] = route?.targets ?? [];
          expect(resolveTarget(modelName)).toEqual({
            provider: target?.provider ?? resolveTarget(modelName).provider,
            model: target?.model,
          });
        },
      ),
    );
  });
});
