import { describe, expect, it } from '@jest/globals';

import { type ConfigOwner, configsNamed } from './config-owners.js';

const CONFIGS: readonly ConfigOwner[] = [
  { entity: 'provider_config', id: 'OpenAI', provider: 'OpenAI' },
  { entity: 'provider_config', id: 'anthropic', provider: 'anthropic' },
  { entity: 'model_config', id: 'any m', model: 'm' },
  { entity: 'model_config', id: 'openai m', model: 'm', provider: 'openai' },
  { entity: 'model_config', id: 'any n', model: 'n' },
];

describe('configsNamed', () => {
  it.each([
    [{ provider: 'openai' }, ['OpenAI']],
    [{ model: 'm' }, ['any m', 'openai m']],
    [{ provider: 'openai', model: 'm' }, ['OpenAI', 'any m', 'openai m']],
    [{ provider: 'anthropic', model: 'm' }, ['anthropic', 'any m']],
    [{ provider: 'nobody', model: 'x' }, []],
  ])('by %j are %j', (named, ids) => {
    expect(configsNamed(CONFIGS, named).map(({ id }) => id)).toEqual(ids);
  });
});
