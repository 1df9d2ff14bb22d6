import { describe, expect, it } from '@jest/globals';

import { readChatRequest } from './chat-request.js';
import { type ProviderRequest, toProviderBody } from './provider-body.js';

function sent(members: string, request: Partial<ProviderRequest>): string {
  const chat = readChatRequest(Buffer.from(`{"model":"gpt-4o","messages":[{"role":"user"}]${members}}`));
  return toProviderBody(chat, { provider: 'openai', model: 'gpt-4o', maxTokens: undefined, ...request }).toString();
}

describe('toProviderBody', () => {
  it('passes the very bytes on where nothing is to be changed', () => {
    expect(sent(',"seed":12345678901234567890 , "x" : 1.0', {})).toContain(',"seed":12345678901234567890 , "x" : 1.0}');
  });

  it.each<[what: string, members: string, provider: string, expected: Record<string, unknown>]>([
    ['the member that the caller used', ',"max_tokens":100', 'openai', { max_tokens: 7 }],
    ['the newer member', ',"max_completion_tokens":100', 'mistral', { max_completion_tokens: 7 }],
    [
      'both, and only what is larger',
      ',"max_tokens":5,"max_completion_tokens":100',
      'openai',
      { max_tokens: 5, max_completion_tokens: 7 },
    ],
    ['a new one, by the name that the provider insists on', '', 'openai', { max_completion_tokens: 7 }],
    ['a new one, by the name that every server knows', '', 'mistral', { max_tokens: 7 }],
    ['one that was null', ',"max_tokens":null', 'deepseek', { max_tokens: 7 }],
  ])('lowers %s', (_, members, provider, expected) => {
    const { max_tokens, max_completion_tokens } = JSON.parse(sent(members, { provider, maxTokens: 7 })) as Record<
      string,
      unknown
    >;
    expect(
      Object.fromEntries(Object.entries({ max_tokens, max_completion_tokens }).filter(([, v]) => v !== undefined)),
    ).toEqual(expected);
  });

  it('names the model as its provider does, and asks for the usage of a stream', () => {
    expect(JSON.parse(sent(',"stream":true', { model: 'cheap' }))).toMatchObject({
      model: 'cheap',
      stream: true,
      stream_options: { include_usage: true },
    });
  });
});
