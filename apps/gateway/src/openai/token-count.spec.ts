import { describe, expect, it } from '@jest/globals';

import { countTokens, encodingOf } from './token-count.js';

describe('countTokens', () => {
  it.each([
    ['', 0],
    ['hello world', 2],
    ['hello world hello world', 4],
  ])('%j', async (text, tokens) => {
    expect(await countTokens(text)).toBe(tokens);
  });

  it('takes the names of control tokens for text', async () => {
    expect(await countTokens('<|endoftext|><|im_start|>')).toBeGreaterThan(2);
  });

  it('counts a long text as at least the sum of its words', async () => {
    const words = 20_000;
    const tokens = await countTokens(' gate'.repeat(words));
    expect(tokens).toBeGreaterThanOrEqual(words);
    expect(tokens).toBeLessThan(words * 1.02);
  });

  it('does not fall over a character that a slice cuts in two', async () => {
    const text = `${'a'.repeat(1_023)}😀${'a'.repeat(100)}`;
    expect(await countTokens(text)).toBeGreaterThan(await countTokens('a'.repeat(1_123)));
  });

  it('lets others work while it counts what takes long', async () => {
    let turns = 0;
    const counted = new AbortController();
    const others = (async () => {
      while (!counted.signal.aborted) {
        await new Promise((resolve) => setImmediate(resolve));
        turns += 1;
      }
    })();
    // One word of 100,000 letters in no order.
    let seed = 1;
    const letters = Array.from({ length: 100_000 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return String.fromCharCode(97 + (seed % 26));
    });
    await countTokens(letters.join(''));
    counted.abort();
    await others;
    expect(turns).toBeGreaterThan(5);
  });

  it('knows the older vocabulary too', async () => {
    expect(await countTokens('hello world', 'cl100k_base')).toBe(2);
  });
});

describe('encodingOf', () => {
  it.each([
    ['openai', 'gpt-4o-mini', 'o200k_base'],
    ['openai', 'ft:gpt-4o-2024-08-06:acme::x', 'o200k_base'],
    ['openai', 'gpt-4.1', 'o200k_base'],
    ['openai', 'gpt-5-nano', 'o200k_base'],
    ['openai', 'o3-mini', 'o200k_base'],
    ['openai', 'gpt-4', 'cl100k_base'],
    ['openai', 'gpt-4-turbo', 'cl100k_base'],
    ['openai', 'gpt-3.5-turbo', 'cl100k_base'],
    ['openai', 'gpt-9', undefined],
    ['openai', 'text-davinci-003', undefined],
    ['mistral', 'mistral-large', undefined],
    ['groq', 'gpt-4o', undefined],
  ])('%s counts %s in %s', (provider, model, encoding) => {
    expect(encodingOf(provider, model)).toBe(encoding);
  });
});
