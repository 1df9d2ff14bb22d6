import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { PolicyFacts } from '../policy/call-policy.js';
import { configOf, policyOf, providersOf, thrownBy } from '../../test/admission-fixtures.js';
import { planModelRoutes } from './model-routes.js';
import { routeCall } from './route-call.js';

const ALL = providersOf('openai', 'groq', 'mistral');

const modelRoutes = planModelRoutes({
  aliases: [
    { name: 'fast', provider: 'groq', model: 'llama' },
    { name: 'gpt-4o-mini', provider: 'mistral', model: 'small' },
  ],
  groups: [
    { name: 'smart', models: ['gpt-4o', 'groq/llama', 'openai/gpt-4o', 'mistral/large'] },
    { name: 'lost', models: ['nobody-knows-this', 'openai/gpt-4o'] },
    { name: 'nowhere', models: ['nobody-knows-this'] },
  ],
});

function route(model: string, facts: Partial<PolicyFacts> = {}): string[] {
  const { snapshot } = policyOf({ modelRoutes, teamId: 'team', ...facts });
  return routeCall(snapshot, model, ALL, 0).map((one) => `${one.provider}/${one.model}`);
}

describe('the names of a team', () => {
  it.each<[string, string, string[]]>([
    ['an alias leads to its one target', 'fast', ['groq/llama']],
    ['an alias hides a model of the same name', 'gpt-4o-mini', ['mistral/small']],
    [
      'a group leads to its models in order, each target once',
      'smart',
      ['openai/gpt-4o', 'groq/llama', 'mistral/large'],
    ],
    ['a model that leads nowhere is left out of its group', 'lost', ['openai/gpt-4o']],
    ['a model of a group by its own name', 'gpt-4o', ['openai/gpt-4o']],
    ['the same model with its provider', 'openai/gpt-4o', ['openai/gpt-4o']],
    ['a model of an alias with its provider', 'mistral/small', ['mistral/small']],
  ])('%s', (_, model, targets) => {
    expect(route(model)).toEqual(targets);
  });

  it('a bare model of a group goes to the providers that the key has for it, in their order', () => {
    const providerConfigs = [
      configOf('mistral', { weight: 0, allowedModels: ['gpt-4o'] }),
      configOf('openai', { weight: 1 }),
    ];
    expect(route('gpt-4o', { providerConfigs })).toEqual(['openai/gpt-4o', 'mistral/gpt-4o']);
    expect(route('mistral/gpt-4o', { providerConfigs })).toEqual(['mistral/gpt-4o']);
  });

  it.each([
    'gpt-4',
    'openai/gpt-4',
    'groq/gpt-4o',
    'mistral/gpt-4o',
    'llama',
    'small',
    'nobody',
    'Smart',
    'smart/',
    '',
  ])('refuses %j and lists the names', (model) => {
    expect(thrownBy(() => route(model))).toMatchObject({
      code: 'model_not_permitted',
      fields: [{ path: 'model' }],
      data: {
        denied_by: { entity: 'team', entity_id: 'team', rule: 'model_groups' },
        allowed: modelRoutes.map(({ name }) => name),
      },
    });
  });

  it('says so when nothing is assigned', () => {
    expect(thrownBy(() => route('gpt-4o', { modelRoutes: [] }))).toMatchObject({
      code: 'model_not_permitted',
      detail: expect.stringMatching(/^No model group or access group with a model in it is assigned/),
      data: { allowed: [] },
    });
  });

  it('refuses a group of which no model leads anywhere as its first model would be', () => {
    expect(thrownBy(() => route('nowhere'))).toMatchObject({ code: 'model_not_found' });
  });

  it('property: only targets of the list are ever reached', () => {
    const allowed = ['openai/gpt-4o', 'groq/llama', 'mistral/large', 'mistral/small'];
    const part = fc.constantFrom('openai', 'groq', 'mistral', 'gpt-4o', 'llama', 'large', 'small', 'smart', 'fast', '');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        let targets: string[] = [];
        const error = thrownBy(() => {
          targets = route(parts.join('/'));
        });
        if (error !== undefined) expect(error).toMatchObject({ code: 'model_not_permitted' });
        for (const target of targets) expect(allowed).toContain(target);
      }),
    );
  });
});
