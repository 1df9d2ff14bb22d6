import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inputTokensOf, outputTokensOf, totalTokens, usageFromOpenAi, ZERO_USAGE } from './usage-vector.js';

describe('usageFromOpenAi', () => {
  it('splits totals into disjoint kinds', () => {
    const usage = usageFromOpenAi({
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 10, cache_write_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 5 },
    });
    expect(usage).toEqual({
      ...ZERO_USAGE,
      inputTokens: 10,
      cacheReadTokens: 60,
      cacheWrite5mTokens: 20,
      inputAudioTokens: 10,
      outputTokens: 15,
      reasoningTokens: 30,
      outputAudioTokens: 5,
    });
  });

  it('keeps the dearer kind whole where parts overlap', () => {
    const usage = usageFromOpenAi({
      prompt_tokens: 100,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 90, audio_tokens: 40 },
      completion_tokens_details: { reasoning_tokens: 8 },
    });
    expect(usage).toMatchObject({ inputTokens: 0, cacheReadTokens: 60, inputAudioTokens: 40, reasoningTokens: 5 });
  });

  it('counts as reasoning what the stated total has beyond prompt and completion', () => {
    const usage = { prompt_tokens: 20, completion_tokens: 198, total_tokens: 623 };
    expect(usageFromOpenAi(usage)).toMatchObject({ inputTokens: 20, outputTokens: 198, reasoningTokens: 405 });
    const details = { completion_tokens_details: { reasoning_tokens: 60 } };
    const silent = usageFromOpenAi({ prompt_tokens: 21, completion_tokens: 0, total_tokens: 81, ...details });
    expect(silent).toMatchObject({ inputTokens: 21, outputTokens: 0, reasoningTokens: 60 });
  });

  it.each([0, -1, 1.5, '900', null])('does not let a total of %j take anything away', (total_tokens) => {
    expect(usageFromOpenAi({ prompt_tokens: 5, completion_tokens: 3, total_tokens })).toMatchObject({
      inputTokens: 5,
      outputTokens: 3,
      reasoningTokens: 0,
    });
  });

  it.each([
    undefined,
    null,
    'usage',
    [],
    {},
    { prompt_tokens: 1 },
    { prompt_tokens: -1, completion_tokens: 1 },
    { prompt_tokens: 1.5, completion_tokens: 1 },
    { prompt_tokens: '1', completion_tokens: 1 },
    { prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 1 },
  ])('does not take %j for usage', (raw) => {
    expect(usageFromOpenAi(raw)).toBeUndefined();
  });

  it('sums to the total of the provider, whatever the details say', () => {
    const count = fc.nat(1_000_000);
    const part = fc.oneof(count, fc.constantFrom(null, undefined, -1, 0.5, 'x'));
    const details = fc.record({ cached_tokens: part, audio_tokens: part, reasoning_tokens: part, image_tokens: part });
    fc.assert(
      fc.property(count, count, fc.option(details), fc.option(details), (prompt, completion, input, output) => {
        const usage = usageFromOpenAi({
          prompt_tokens: prompt,
          completion_tokens: completion,
          prompt_tokens_details: input,
          completion_tokens_details: output,
        });
        if (usage === undefined) throw new Error('usage expected');
        expect(inputTokensOf(usage)).toBe(prompt);
        expect(outputTokensOf(usage)).toBe(completion);
        expect(totalTokens(usage)).toBe(prompt + completion);
        for (const value of Object.values(usage)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
      }),
    );
  });
});
