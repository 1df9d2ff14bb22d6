import { describe, expect, it } from '@jest/globals';
import { modelInfo } from './model-info.js';

describe('modelInfo', () => {
  it.each([
    ['openai', 'gpt-4o', 16_384],
    ['openai', 'gpt-4o-2024-08-06', 16_384],
    ['openai', 'gpt-4', 8_192],
    ['openai', 'gpt-4-32k', 32_768],
    ['openai', 'gpt-5-mini', 128_000],
    ['openai', 'gpt-5-pro', 272_000],
    ['openai', 'gpt-6-sol', 128_000],
    ['openai', 'o1-mini', 65_536],
    ['openai', 'gpt-3.5-turbo', 4_096],
    ['anthropic', 'claude-3-5-sonnet-20240620', 8_192],
  ])('knows how much %s %s can write', (provider, model, outputTokensCeiling) => {
    expect(modelInfo(provider, model)).toMatchObject({ outputTokensCeiling, known: true });
  });

  it('lets a model it has no limit for write until its window is full', () => {
    const info = modelInfo('deepseek', 'deepseek-chat');
    expect(info.outputTokensCeiling).toBe(info.contextTokens);
    expect(info.known).toBe(true);
  });

  it('keeps the window above what the catalogue rounds', () => {
    expect(modelInfo('openai', 'gpt-4-32k').contextTokens).toBeGreaterThanOrEqual(32_768);
    expect(modelInfo('openai', 'gpt-4.1').contextTokens).toBeGreaterThanOrEqual(1_047_576);
  });

  it('is generous, and says so, where nothing is known', () => {
    for (const info of [modelInfo('openai', 'nobody'), modelInfo('nobody', 'gpt-4o'), modelInfo('', '')]) {
      expect(info).toEqual({
        contextTokens: 1_050_000,
        outputTokensCeiling: 1_050_000,
        imageTokensCeiling: 48_169,
        known: false,
      });
    }
  });

  it.each(['constructor', '__proto__', 'toString'])('knows no provider called %s', (name) => {
    expect(modelInfo(name, name).known).toBe(false);
  });
});
