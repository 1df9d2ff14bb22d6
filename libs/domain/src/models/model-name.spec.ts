import { describe, expect, it } from '@jest/globals';
import { inferProvider, splitModel } from './model-name.js';

describe('splitModel', () => {
  it.each([
    ['openai/gpt-4o', { provider: 'openai', model: 'gpt-4o' }],
    ['gpt-4o', { model: 'gpt-4o' }],
    ['openrouter/openai/gpt-4o', { provider: 'openrouter', model: 'openai/gpt-4o' }],
    ['/gpt-4o', { provider: '', model: 'gpt-4o' }],
    ['openai/', { provider: 'openai', model: '' }],
    ['', { model: '' }],
  ])('splits %j at the first slash', (name, expected) => {
    expect(splitModel(name)).toEqual(expected);
  });
});

describe('inferProvider', () => {
  it.each([
    ['gpt-4', 'openai'],
    ['gpt-4o', 'openai'],
    ['o3', 'openai'],
    ['chatgpt-4o-latest', 'openai'],
    ['claude-3-5-sonnet-20240620', 'anthropic'],
    ['gemini-2.5-flash', 'google'],
    ['mistral-large-latest', 'mistral'],
    ['deepseek-chat', 'deepseek'],
    ['grok-4', 'x-ai'],
    ['a-model-of-tomorrow', undefined],
    ['', undefined],
    ['gpt-'.repeat(1_000), undefined],
  ])('%j belongs to %p', (model, provider) => {
    expect(inferProvider(model)).toBe(provider);
    expect(inferProvider(model)).toBe(provider);
  });
});
