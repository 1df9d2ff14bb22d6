import { describe, expect, it } from '@jest/globals';

import { chatBodyOf } from './chat-body.js';

describe('chatBodyOf', () => {
  it('reads numbers beyond a double as gateways do, and counts all their digits', () => {
    const request = { model: 'm', max_tokens: 9223372036854775807n, messages: [{ seed: -9223372036854775808n }] };

    expect(chatBodyOf(request)).toEqual({
      text: '{"model":"m","max_tokens":9223372036854775807,"messages":[{"seed":-9223372036854775808}]}',
      body: { model: 'm', max_tokens: 2 ** 63, messages: [{ seed: -(2 ** 63) }] },
    });
  });

  it('leaves the rest as it is', () => {
    const request = { model: 'm', messages: [{ content: 'é"\ud83d\ude00', n: null, t: 0.5 }] };
    expect(chatBodyOf(request)).toEqual({ text: JSON.stringify(request), body: request });
  });
});
