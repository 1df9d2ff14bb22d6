import { describe, expect, it } from '@jest/globals';

import { resolveTarget } from './resolve-target.js';

describe('resolveTarget', () => {
  it.each([
    ['openai/gpt-4o', 'openai', 'gpt-4o'],
    ['gpt-4o', 'openai', 'gpt-4o'],
    ['gpt-4', 'openai', 'gpt-4'],
    ['claude-3-5-sonnet-20240620', 'anthropic', 'claude-3-5-sonnet-20240620'],
    ['groq/openai/gpt-oss-120b', 'groq', 'openai/gpt-oss-120b'],
    ['openai/a-model-of-next-year', 'openai', 'a-model-of-next-year'],
    ['nobody/some-model', 'nobody', 'some-model'],
  ])('%s goes to %s as %s', (requested, provider, model) => {
    expect(resolveTarget(requested)).toEqual({ provider, model });
  });

  it.each(['a-name-nobody-knows', 'openai/', '/gpt-4o', '/', ' '])(
    'refuses %j and says how to name it',
    (requested) => {
      expect(() => resolveTarget(requested)).toThrow(
        expect.objectContaining({
          code: 'model_not_found',
          detail: expect.stringContaining('provider/model'),
          fields: [{ path: 'model', reason: 'unknown model' }],
        }),
      );
    },
  );

  it('does not echo a long name whole', () => {
    const name = 'z'.repeat(255);
    expect(() => resolveTarget(name)).toThrow(expect.objectContaining({ detail: expect.not.stringContaining(name) }));
  });
});
