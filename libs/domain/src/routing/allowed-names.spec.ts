import { describe, expect, it } from '@jest/globals';

import { allowedNames } from './allowed-names.js';

describe('allowedNames', () => {
  it('is nothing where nothing is assigned', () => {
    expect(allowedNames({ aliases: [], groups: [] })).toEqual({ models: [], aliases: [] });
  });

  it('names real models once and in order, whatever leads to them', () => {
    const names = allowedNames({
      aliases: [
        { name: 'fast', provider: 'groq', model: 'llama-3' },
        { name: 'cheap', provider: 'openai', model: 'gpt-4o-mini' },
      ],
      groups: [
        { name: 'chat', models: ['openai/gpt-4o-mini', 'gpt-4o'] },
        { name: 'more', models: ['gpt-4o', 'groq/llama-3'] },
        { name: 'empty', models: [] },
      ],
    });

    expect(names).toEqual({
      models: ['gpt-4o', 'groq/llama-3', 'openai/gpt-4o-mini'],
      aliases: ['cheap', 'fast'],
    });
  });
});
