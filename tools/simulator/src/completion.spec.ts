import { describe, expect, it } from '@jest/globals';
import { DEFAULT_BEHAVIOUR, type Behaviour } from './behaviour.js';
import type { ChatRequest } from './chat-request.js';
import { planCompletion, promptTokensOf } from './completion.js';

const request: ChatRequest = {
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'Hello there' }],
  isStream: false,
  includesUsage: false,
  choices: 1,
  maxTokens: null,
  tools: [],
  bodyBytes: 70,
  directive: undefined,
};

function plan(behaviour: Partial<Behaviour>, changed: Partial<ChatRequest> = {}) {
  return planCompletion({ ...request, ...changed }, { ...DEFAULT_BEHAVIOUR, ...behaviour }, 1);
}

describe('planCompletion', () => {
  it('stops at the caller’s ceiling and says so', () => {
    const completion = plan({ completionTokens: 100 }, { maxTokens: 7 });
    expect(completion.tokens.completion).toBe(7);
    expect(completion.finishReason).toBe('length');
  });

  it('finishes by itself below the ceiling', () => {
    const completion = plan({ completionTokens: 7 }, { maxTokens: 7 });
    expect(completion.tokens.completion).toBe(7);
    expect(completion.finishReason).toBe('stop');
  });

  it('goes over the ceiling only when told to', () => {
    expect(plan({ completionTokens: 100, ignoresMaxTokens: true }, { maxTokens: 7 }).tokens.completion).toBe(100);
  });

  it('counts every choice', () => {
    expect(plan({ completionTokens: 10, reasoningTokens: 4 }, { choices: 3 }).tokens).toMatchObject({
      completion: 30,
      reasoning: 12,
    });
  });

  it('keeps cached and reasoning tokens parts of their wholes', () => {
    const { tokens } = plan({ promptTokens: 5, cachedTokens: 50, completionTokens: 6, reasoningTokens: 60 });
    expect(tokens).toEqual({ prompt: 5, cached: 5, completion: 6, reasoning: 6 });
  });

  it('adds reasoning to the default length', () => {
    expect(plan({ reasoningTokens: 100 }).tokens.completion).toBe(116);
  });

  it('names the dated model', () => {
    expect(plan({}).model).toBe('gpt-4o-2024-08-06');
  });
});

describe('promptTokensOf', () => {
  it.each([[''], ['a'], ['Hello there'], ['é'.repeat(1000)]])('never exceeds the bytes of the body (%#)', (content) => {
    const messages = [{ role: 'user', content }];
    const bodyBytes = Buffer.byteLength(JSON.stringify({ model: 'm', messages }));
    const tokens = promptTokensOf({ messages, tools: [], bodyBytes });
    expect(tokens).toBeGreaterThan(0);
    expect(tokens).toBeLessThanOrEqual(bodyBytes);
  });

  it('reads the text parts of a list content', () => {
    const text = { messages: [{ role: 'user', content: 'abcdefgh' }], tools: [], bodyBytes: 100 };
    const parts = {
      messages: [{ role: 'user', content: [{ type: 'text', text: 'abcdefgh' }] }],
      tools: [],
      bodyBytes: 100,
    };
    expect(promptTokensOf(parts)).toBe(promptTokensOf(text));
  });
});
