import { describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';

import { type ChatRequest, readChatRequest } from './chat-request.js';

const GOOD = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi.' }] };

function read(body: unknown): ChatRequest {
  return readChatRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

function refusalOf(body: string | Buffer | Record<string, unknown>): AppError {
  try {
    if (Buffer.isBuffer(body)) readChatRequest(body);
    else read(body);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('readChatRequest', () => {
  it('reads the facts and keeps the bytes', () => {
    const bytes = Buffer.from(JSON.stringify({ ...GOOD, stream: true, stream_options: { include_usage: true } }));
    expect(readChatRequest(bytes)).toMatchObject({ model: 'gpt-4o', isStream: true, wantsUsage: true });
    expect(readChatRequest(bytes).bytes).toBe(bytes);
    expect(read(GOOD)).toMatchObject({ isStream: false, wantsUsage: false });
  });

  it.each([
    { stream: null, max_tokens: null, max_completion_tokens: null, n: null, stream_options: null },
    { stream: false, max_tokens: 1, n: 128, stream_options: {} },
    { unknown: { deep: [1] }, seed: 3, service_tier: 'auto', temperature: 'odd, but not ours to judge' },
  ])('takes %j', (fields) => {
    expect(read({ ...GOOD, ...fields }).model).toBe('gpt-4o');
  });

  it.each<[path: string, fields: Record<string, unknown>]>([
    ['model', { model: undefined }],
    ['model', { model: null }],
    ['model', { model: '' }],
    ['model', { model: 4 }],
    ['model', { model: ['gpt-4o'] }],
    ['model', { model: 'x'.repeat(256) }],
    ['messages', { messages: undefined }],
    ['messages', { messages: null }],
    ['messages', { messages: 'Hi.' }],
    ['messages', { messages: {} }],
    ['messages', { messages: [] }],
    ['messages', { messages: ['Hi.'] }],
    ['messages', { messages: [{}, null] }],
    ['messages', { messages: [[]] }],
    ['stream', { stream: 'true' }],
    ['stream', { stream: 1 }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: -1 }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['max_tokens', { max_tokens: '16' }],
    ['max_tokens', { max_tokens: 2 ** 53 }],
    ['max_completion_tokens', { max_completion_tokens: 0 }],
    ['max_completion_tokens', { max_completion_tokens: [5] }],
    ['n', { n: 0 }],
    ['n', { n: 129 }],
    ['n', { n: '2' }],
    ['stream_options', { stream_options: true }],
    ['stream_options', { stream_options: [] }],
  ])('refuses a bad %s: %j', (path, fields) => {
    const refusal = refusalOf({ ...GOOD, ...fields });
    expect(refusal.code).toBe('request_invalid');
    expect(refusal.fields?.map((field) => field.path)).toEqual([path]);
    expect(refusal.detail).toContain(`'${path}'`);
  });

  it('names every bad field at once', () => {
    expect(refusalOf({ stream: 'yes', n: 0 }).fields?.map(({ path }) => path)).toEqual([
      'model',
      'messages',
      'stream',
      'n',
    ]);
  });

  it.each(['', ' ', '{', '{"model":}', 'null', '[]', '"text"', '1', '\uFEFF{}', '{"model":"x"}{'])(
    'refuses what is no JSON object: %j',
    (text) => {
      expect(refusalOf(text)).toMatchObject({ code: 'request_malformed_json', status: 400 });
    },
  );

  it('refuses bytes that are no UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"model":"a'), Buffer.from([0xc1, 0xb3]), Buffer.from('"}')]);
    expect(refusalOf(body)).toMatchObject({ code: 'request_malformed_json' });
  });

  it('keeps the prompt out of its errors, private parts included', () => {
    const refusal = refusalOf('{"messages":[{"content":"my secret prompt"}] oops');
    expect(JSON.stringify([refusal.message, refusal.stack, refusal.cause])).not.toContain('secret');
    expect(refusal.cause).toBeUndefined();
  });
});

describe('members that stand twice', () => {
  it.each([
    ['max_tokens', '"max_tokens":100000', '"max_tokens":1'],
    ['max_tokens', '"max_tokens":100000', '"max_tokens":null'],
    ['max_tokens', '"max_tokens":100000', '"max\\u005ftokens":1'],
    ['max_tokens', '"\\u006dax_tokens":100000', '"max\\u005ftokens":1'],
    ['max_completion_tokens', '"max_completion_tokens":9', '"max_completion_tokens":9'],
    ['model', '"model":"gpt-4o-mini"', '"n":1'],
    ['messages', '"messages":[{}]', '"n":1'],
    ['n', '"n":100', '"n":1'],
    ['stream', '"stream":true', '"stream":false'],
    ['stream_options', '"stream_options":{}', '"stream_options":{}'],
    ['service_tier', '"service_tier":"priority"', '"service_tier":"auto"'],
    ['tools', '"tools":[1]', '"tools":[]'],
    ['functions', '"functions":[1]', '"functions":[]'],
    ['modalities', '"modalities":["audio"]', '"modalities":[]'],
    ['prediction', '"prediction":{}', '"prediction":null'],
    ['web_search_options', '"web_search_options":{}', '"web_search_options":null'],
  ])('are refused when they decide what a call costs: %s', (name, first, second) => {
    const refusal = refusalOf(`{"model":"gpt-4o",${first},"messages":[{"role":"user"}],${second}}`);
    expect(refusal).toMatchObject({
      code: 'request_invalid',
      fields: [{ path: name, reason: 'stands more than once' }],
    });
  });

  it.each([
    ['Max_Tokens', 'max_tokens'],
    ['MODEL', 'model'],
    ['N', 'n'],
    ['meſſages', 'messages'],
  ])('may not hide behind other letters: %s', (written, name) => {
    const refusal = refusalOf({ ...GOOD, [written]: 1 });
    expect(refusal.fields).toEqual([{ path: written, reason: `must be written '${name}'` }]);
  });

  it('are left to the provider otherwise', () => {
    expect(read('{"model":"a","user":"x","user":"y","messages":[{"n":1}]}').model).toBe('a');
  });

  it('may stand at deeper levels and inside texts', () => {
    const body = {
      ...GOOD,
      messages: [{ role: 'user', content: '"model":"x","model":"y" \\u006dodel' }],
      tools: [{ function: { parameters: { properties: { model: {}, n: {}, messages: {} } } } }],
      metadata: { model: 'x', max_tokens: '1' },
    };
    expect(read(body).model).toBe('gpt-4o');
    expect(read(JSON.stringify(body).replace('Hi', '\\u0048i')).model).toBe('gpt-4o');
  });
});
