import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { startSimulator, type Simulator } from './server.js';

let simulator: Simulator;
let client: OpenAI;

beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ apiKey: 'sk-test', baseURL: simulator.openAiBaseUrl, maxRetries: 1 });
});

afterAll(() => simulator.close());

const messages = [{ role: 'user' as const, content: 'Hello' }];

describe('the openai client', () => {
  it('gets a completion', async () => {
    const completion = await client.chat.completions.create({ model: 'gpt-4o', messages, max_tokens: 4 });
    expect(completion.choices[0]?.finish_reason).toBe('length');
    expect(completion.usage?.completion_tokens).toBe(4);
  });

  it('assembles a stream with usage', async () => {
    const stream = client.chat.completions.stream({
      model: 'gpt-4o',
      messages,
      stream_options: { include_usage: true },
    });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe(
      'The gate meters the flow and can shut it at once. The gate meters the',
    );
    expect(completion.usage).toMatchObject({ completion_tokens: 16 });
  });

  it('gets tool calls, streamed', async () => {
    const tools = [
      { type: 'function' as const, function: { name: 'lookup', parameters: { type: 'object', properties: {} } } },
    ];
    const asking = [{ role: 'user' as const, content: 'sim:{"toolCall":{"arguments":{"city":"Bern"}}}' }];
    const stream = client.chat.completions.stream({ model: 'gpt-4o', messages: asking, tools });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
    expect(completion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      function: { name: 'lookup', arguments: '{"city":"Bern"}' },
    });
  });

  it('retries a 429 after Retry-After', async () => {
    simulator.setBehaviour({ status: 429, retryAfterS: 0 }, 1);
    const completion = await client.chat.completions.create({ model: 'gpt-4o', messages });
    expect(completion.choices).toHaveLength(1);
  });

  it('turns errors into its own classes', async () => {
    await expect(client.chat.completions.create({ model: 'unknown', messages })).rejects.toThrow(OpenAI.NotFoundError);
    await expect(client.chat.completions.create({ model: 'gpt-4o', messages: [] })).rejects.toThrow(
      OpenAI.BadRequestError,
    );
  });

  it('lists models', async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toContain('gpt-4o');
  });
});
