import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from './server.js';
import { chat, completionOf, contentOf, eventsOf, until } from '../test/support.js';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});

afterAll(() => simulator.close());

beforeEach(() => {
  simulator.clearLedger();
  simulator.resetBehaviour();
});

describe('a valid call', () => {
  it('gets a completion with OpenAI’s fields, and the ledger has the same tokens', async () => {
    const response = await chat(simulator, {}, { 'x-request-id': 'call-1' });
    const body = await completionOf(response);
    expect(response.status).toBe(200);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      model: 'gpt-4o-2024-08-06',
      system_fingerprint: expect.any(String),
      choices: [{ index: 0, message: { role: 'assistant', refusal: null }, logprobs: null, finish_reason: 'stop' }],
    });
    await until(() => simulator.summary().finished === 1);
    const [entry] = simulator.ledger();
    expect(entry).toMatchObject({
      requestId: 'call-1',
      completionId: body.id,
      model: 'gpt-4o',
      isValid: true,
      status: 200,
      ending: 'finished',
      authorization: 'Bearer sk-test',
      promptTokens: body.usage.prompt_tokens,
      completionTokens: body.usage.completion_tokens,
      completionTokensSent: body.usage.completion_tokens,
    });
  });

  it('obeys the directive in the last user message only', async () => {
    const messages = [
      { role: 'user', content: 'sim:{"completionTokens":99}' },
      { role: 'assistant', content: 'sim:{"completionTokens":98}' },
      {
        role: 'user',
        content: [{ type: 'text', text: 'go sim:{"completionTokens":3,"cachedTokens":2,"promptTokens":9}' }],
      },
    ];
    const body = await completionOf(await chat(simulator, { messages }));
    expect(body.usage).toMatchObject({
      prompt_tokens: 9,
      completion_tokens: 3,
      total_tokens: 12,
      prompt_tokens_details: { cached_tokens: 2 },
    });
  });

  it('obeys the x-sim header and the control plane, the header first', async () => {
    simulator.setBehaviour({ completionTokens: 5, reasoningTokens: 2 });
    const fromControl = await completionOf(await chat(simulator));
    const fromHeader = await completionOf(await chat(simulator, {}, { 'x-sim': '{"completionTokens":4}' }));
    expect(fromControl.usage.completion_tokens).toBe(5);
    expect(fromHeader.usage).toMatchObject({
      completion_tokens: 4,
      completion_tokens_details: { reasoning_tokens: 2 },
    });
  });

  it('can fail twice and then work', async () => {
    simulator.setBehaviour({ status: 500 }, 2);
    const statuses = [(await chat(simulator)).status, (await chat(simulator)).status, (await chat(simulator)).status];
    expect(statuses).toEqual([500, 500, 200]);
  });
});

describe('an invalid call', () => {
  it.each([
    [{ model: undefined }, 400, 'you must provide a model parameter'],
    [{ messages: undefined }, 400, "Missing required parameter: 'messages'."],
    [{ messages: 'hi' }, 400, "Invalid type for 'messages'"],
    [{ messages: [] }, 400, 'empty array'],
    [{ max_tokens: 0 }, 400, 'Expected a value >= 1'],
    [{ max_tokens: 1, max_completion_tokens: 1 }, 400, 'at the same time'],
    [{ stream_options: { include_usage: true } }, 400, "'stream_options' parameter is only allowed"],
    [{ model: 'unknown-model' }, 404, 'does not exist'],
    [{ messages: [{ role: 'user', content: 'sim:{"x":1}' }] }, 400, 'Unknown behaviour "x"'],
  ])('%j is answered %i', async (fields, status, message) => {
    const response = await chat(simulator, fields);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining(message), type: 'invalid_request_error' },
    });
    expect(simulator.ledger()[0]).toMatchObject({ isValid: false, status, completionTokens: 0 });
  });

  it('without a key is answered 401, without JSON 400, elsewhere 404', async () => {
    const url = `${simulator.url}/v1/chat/completions`;
    expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401);
    expect((await fetch(url, { method: 'POST', body: '{', headers: { authorization: 'Bearer k' } })).status).toBe(400);
    expect((await fetch(`${simulator.url}/v1/embeddings`, { method: 'POST' })).status).toBe(404);
  });

  it('with another key than the configured one is answered 401', async () => {
    const strict = await startSimulator({ apiKey: 'right' });
    expect((await chat(strict, {}, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await chat(strict, {}, { authorization: 'Bearer right' })).status).toBe(200);
    await strict.close();
  });
});

describe('a stream', () => {
  const stream = { stream: true, stream_options: { include_usage: true } };

  it('has OpenAI’s shape: role, content, finish, usage without choices, [DONE]', async () => {
    const response = await chat(simulator, stream);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = eventsOf(await response.text());
    expect(events[0]).toMatchObject({
      object: 'chat.completion.chunk',
      usage: null,
      choices: [{ delta: { role: 'assistant', content: '' } }],
    });
    expect(events.at(-3)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: null });
    expect(events.at(-2)).toMatchObject({ choices: [], usage: { completion_tokens: 16 } });
    expect(events.at(-1)).toBe('[DONE]');
    await until(() => simulator.summary().completed === 1);
    expect(simulator.ledger()[0]).toMatchObject({
      isStream: true,
      chunksSent: events.length - 1,
      completionTokensSent: 16,
    });
  });

  it('says the same as the JSON answer', async () => {
    const json = await (await chat(simulator, stream, { 'x-sim': '{"completionTokens":50}' })).text();
    const whole = await completionOf(await chat(simulator, {}, { 'x-sim': '{"completionTokens":50}' }));
    expect(contentOf(eventsOf(json))).toBe(whole.choices[0]?.message.content);
  });

  it('has no usage unless asked for', async () => {
    expect(await (await chat(simulator, { stream: true })).text()).not.toContain('"usage"');
  });

  it.each([
    ['first', 0],
    ['middle', 9],
    ['final', 17],
  ])('can report usage on the %s chunk', async (position, index) => {
    const text = await (
      await chat(simulator, { stream: true }, { 'x-sim': JSON.stringify({ usagePosition: position }) })
    ).text();
    const events = eventsOf(text);
    expect(events.findIndex((event) => typeof event !== 'string' && event.usage !== undefined)).toBe(index);
    expect(events).toHaveLength(19);
  });

  it('serves every choice and every tool call piece', async () => {
    const two = eventsOf(await (await chat(simulator, { ...stream, n: 2 })).text());
    expect(contentOf(two, 1)).toBe(contentOf(two, 0));
    const tools = [{ type: 'function', function: { name: 'lookup', parameters: {} } }];
    const directive = { 'x-sim': '{"toolCall":{"arguments":{"city":"Bern"}}}' };
    const calls = eventsOf(await (await chat(simulator, { ...stream, tools }, directive)).text());
    const pieces = calls.flatMap((event) =>
      typeof event === 'string' ? [] : (event.choices[0]?.delta.tool_calls ?? []),
    );
    expect(pieces[0]?.function.name).toBe('lookup');
    expect(pieces.map((piece) => piece.function.arguments).join('')).toBe('{"city":"Bern"}');
  });

  it('tells in the ledger how far it came when the caller leaves', async () => {
    const leaving = new AbortController();
    const response = await chat(
      simulator,
      stream,
      { 'x-sim': '{"chunkIntervalMs":5,"chunks":10,"completionTokens":1000}' },
      leaving.signal,
    );
    const reader = response.body?.getReader();
    await reader?.read();
    leaving.abort();
    await until(() => simulator.summary().clientGone === 1);
    const [entry] = simulator.ledger();
    expect(entry?.ending).toBe('client_gone');
    expect(entry?.completionTokensSent).toBeLessThan(1000);
    expect(simulator.summary().completed).toBe(0);
  });
});
