import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from './server.js';
import { chat, until } from '../test/support.js';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
});

afterAll(() => simulator.close());

beforeEach(() => {
  simulator.clearLedger();
  simulator.resetBehaviour();
});

function failing(behaviour: object, fields: object = {}): Promise<Response> {
  return chat(simulator, fields, { 'x-sim': JSON.stringify(behaviour) });
}

describe('a provider that fails', () => {
  it('limits the rate with Retry-After', async () => {
    const response = await failing({ status: 429, retryAfterS: 7 });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    expect(simulator.summary()).toMatchObject({ errors: 1, completed: 0, completionTokens: 0 });
  });

  it.each([401, 500, 503, 418])('answers %i with an error object', async (status) => {
    const response = await failing({ status });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
  });

  it('hangs before the headers', async () => {
    const call = chat(simulator, {}, { 'x-sim': '{"failure":"hang"}' }, AbortSignal.timeout(100));
    await expect(call).rejects.toThrow();
    await until(() => simulator.summary().clientGone === 1);
    expect(simulator.ledger()[0]).toMatchObject({ status: 0, completionTokensSent: 0 });
  });

  it.each([true, false])('cuts the connection before answering (stream: %s)', async (stream) => {
    await expect(failing({ failure: 'cut' }, { stream })).rejects.toThrow();
    expect(simulator.ledger()[0]?.ending).toBe('cut');
  });

  it('cuts a stream after k chunks', async () => {
    const response = await failing({ failure: 'cut_midway', failAfterChunks: 3 }, { stream: true });
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const piece of response.body ?? []) seen.push(Buffer.from(piece).toString());
    };
    await expect(read()).rejects.toThrow();
    expect(seen.join('').match(/^data: /gm)).toHaveLength(3);
    expect(simulator.ledger()[0]).toMatchObject({ ending: 'cut', chunksSent: 3, completionTokensSent: 2 });
  });

  it('cuts a JSON body in the middle', async () => {
    const response = await failing({ failure: 'cut_midway' });
    await expect(response.text()).rejects.toThrow();
    expect(simulator.summary()).toMatchObject({ cut: 1, completionTokens: 0 });
  });

  it('hangs in the middle of a stream', async () => {
    const leaving = new AbortController();
    const response = await chat(simulator, { stream: true }, { 'x-sim': '{"failure":"hang_midway"}' }, leaving.signal);
    await response.body?.getReader().read();
    await until(() => simulator.ledger()[0]?.chunksSent === 2);
    expect(simulator.summary().open).toBe(1);
    leaving.abort();
    await until(() => simulator.summary().clientGone === 1);
  });

  it('sends a malformed chunk and goes on', async () => {
    const text = await (await failing({ failure: 'malformed' }, { stream: true })).text();
    const payloads = text.split('\n\n').filter(Boolean);
    const broken = payloads.filter((line) => {
      try {
        return line !== 'data: [DONE]' && JSON.parse(line.slice('data: '.length)) === undefined;
      } catch {
        return true;
      }
    });
    expect(broken).toHaveLength(1);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('sends a malformed JSON body', async () => {
    await expect((await failing({ failure: 'malformed' })).json()).rejects.toThrow('JSON');
  });

  it('reports an error inside a stream', async () => {
    const text = await (await failing({ failure: 'error_event' }, { stream: true })).text();
    expect(text).toContain('data: {"error":');
    expect(text).not.toContain('[DONE]');
  });

  it('dribbles its headers', async () => {
    const response = await failing({ failure: 'slow_headers', latencyMs: 40 });
    expect(await response.json()).toMatchObject({ object: 'chat.completion' });
    await until(() => simulator.summary().completed === 1);
  });

  it('closes a kept-alive connection unannounced', async () => {
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
    const body = '{"model":"gpt-4o","messages":[{"role":"user","content":"sim:{\\"closesSocket\\":true}"}]}';
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    await once(socket, 'close');
    expect(received.toLowerCase()).toContain('connection: keep-alive');
    expect(received).toContain('"chat.completion"');
  });
});
