import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { countJsonTokens, countTokens, encodingOf } from './token-count.js';

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
    expect(tokens).toBeLessThan(words * 1.03);
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

describe('countJsonTokens', () => {
  it('is never less than what the text has, however JSON writes it', async () => {
    const pieces = fc.array(
      fc.constantFrom('\b', '\f', '\r\n', '\t', '"', '\\', '/', 'b', 'u00', ' the', '  ', '\u0001', 'é', '{'),
    );
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), async (parts, isAscii) => {
        const text = parts.join('');
        const plain = JSON.stringify({ content: text });
        const json = isAscii
          ? plain.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : plain;
        expect(JSON.parse(json)).toEqual({ content: text });
        expect(await countJsonTokens(json)).toBeGreaterThanOrEqual(await countTokens(text));
      }),
      { numRuns: 500 },
    );
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
