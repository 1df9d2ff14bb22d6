import { describe, expect, it } from '@jest/globals';

import { readCompletion } from './model-answer.js';

const completion = (choices: unknown, usage: unknown = { total_tokens: 12 }): string =>
  JSON.stringify({ id: 'c', choices, usage });

describe('readCompletion', () => {
  it('reads what the model said', () => {
    const text = completion([
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello.', refusal: null },
        finish_reason: 'stop',
        logprobs: null,
      },
    ]);
    expect(readCompletion(text)).toEqual({ answer: { content: 'Hello.', finish_reason: 'stop' }, totalTokens: 12 });
  });

  it('passes tool calls, refusals and members it does not know on', () => {
    const tools = [{ id: 't', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }];
    const text = completion([
      {
        message: { role: 'assistant', content: null, tool_calls: tools, refusal: 'No.', reasoning_content: 'Hm.' },
        finish_reason: 'tool_calls',
      },
    ]);
    expect(readCompletion(text)?.answer).toEqual({
      content: null,
      finish_reason: 'tool_calls',
      tool_calls: tools,
      refusal: 'No.',
      reasoning_content: 'Hm.',
    });
  });

  it('shows all choices where there are several', () => {
    const choices = ['a', 'b'].map((content) => ({ message: { role: 'assistant', content }, finish_reason: 'stop' }));
    expect(readCompletion(completion(choices, null))).toEqual({
      answer: { content: 'a', finish_reason: 'stop', choices },
      totalTokens: undefined,
    });
  });

  it.each(['', 'null', '[]', '{}', '{"choices":[]}', '{"choices":[null]}', '{"choices":[{"message":"x"}]}'])(
    'does not take %j for a completion',
    (text) => expect(readCompletion(text)).toBeUndefined(),
  );
});
