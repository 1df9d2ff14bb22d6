import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type ModelGrants, planModelRoutes } from './model-routes.js';

const names = fc.constantFrom('smart', 'fast', 'gpt-4o', 'openai/gpt-4o', 'groq/llama');
const grants: fc.Arbitrary<ModelGrants> = fc.record({
  aliases: fc.array(
    fc.record({ name: names, provider: fc.constantFrom('openai', 'groq'), model: fc.constantFrom('gpt-4o', 'llama') }),
    { maxLength: 4 },
  ),
  groups: fc.array(fc.record({ name: names, models: fc.array(names, { maxLength: 3 }) }), { maxLength: 4 }),
});

describe('planModelRoutes', () => {
  it('names aliases, groups in their order, and the models that they lead to', () => {
    const routes = planModelRoutes({
      aliases: [{ name: 'fast', provider: 'groq', model: 'openai/gpt-oss' }],
      groups: [
        { name: 'smart', models: ['gpt-4o', 'mistral/large'] },
        { name: 'empty', models: [] },
      ],
    });
    expect(routes).toEqual([
      { name: 'fast', kind: 'alias', targets: [{ provider: 'groq', model: 'openai/gpt-oss' }] },
      {
        name: 'smart',
        kind: 'group',
        targets: [
          { provider: null, model: 'gpt-4o' },
          { provider: 'mistral', model: 'large' },
        ],
      },
      { name: 'groq/openai/gpt-oss', kind: 'model', targets: [{ provider: 'groq', model: 'openai/gpt-oss' }] },
      { name: 'gpt-4o', kind: 'model', targets: [{ provider: null, model: 'gpt-4o' }] },
      { name: 'mistral/large', kind: 'model', targets: [{ provider: 'mistral', model: 'large' }] },
    ]);
  });

  it('has nothing for a team without assignments', () => {
    expect(planModelRoutes({ aliases: [], groups: [] })).toEqual([]);
  });

  it('property: each name once, an alias before a group before a model, and nothing that leads nowhere', () => {
    fc.assert(
      fc.property(grants, ({ aliases, groups }) => {
        const routes = planModelRoutes({ aliases, groups });
        expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
        for (const { name, kind, targets } of routes) {
          expect(targets.length).toBeGreaterThan(0);
          const isAlias = aliases.some((one) => one.name === name);
          const isGroup = groups.some((one) => one.name === name && one.models.length > 0);
          expect(kind).toBe(isAlias ? 'alias' : isGroup ? 'group' : 'model');
        }
        const named = routes.map(({ name }) => name);
        for (const { name, models } of groups)
          if (models.length > 0) expect(named).toEqual(expect.arrayContaining([name, ...models]));
      }),
    );
  });
});
