import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '@penstock/simulator';
import { generateLoad, type LoadOrder } from './load-generator.js';
import { PLAIN_BODY, STREAM_BODY } from './request-body.js';

let simulator: Simulator;
let order: Omit<LoadOrder, 'concurrency'>;

beforeAll(async () => {
  simulator = await startSimulator();
  const port = Number(new URL(simulator.url).port);
  order = { port, path: '/v1/chat/completions', headers: { authorization: 'Bearer k' }, body: PLAIN_BODY };
});

afterAll(() => simulator.close());

describe('generateLoad', () => {
  it('makes exactly as many calls as ordered', async () => {
    const result = await generateLoad({ ...order, concurrency: 8, calls: 100 });
    expect(result).toMatchObject({ calls: 100, statuses: { 200: 100 }, brokenCalls: 0 });
    expect(simulator.summary().completed).toBe(100);
  });

  it('finishes the calls that are in flight when its time is over', async () => {
    simulator.clearLedger();
    const result = await generateLoad({ ...order, concurrency: 4, durationMs: 30 });
    expect(result.calls).toBe(simulator.summary().completed);
    expect(simulator.summary().clientGone).toBe(0);
  });

  it('sees the first byte of a stream long before the last', async () => {
    const { firstByteMs, latencyMs } = await generateLoad({ ...order, body: STREAM_BODY, concurrency: 1, calls: 3 });
    expect(latencyMs.p50 - firstByteMs.p50).toBeGreaterThan(5);
  });

  it('sends calls at a fixed rate', async () => {
    const result = await generateLoad({ ...order, concurrency: 8, durationMs: 200, ratePerS: 500 });
    expect(result.calls).toBeGreaterThan(60);
    expect(result.calls).toBeLessThanOrEqual(110);
  });

  it('counts the wait for a slow provider as latency when calls keep coming', async () => {
    const headers = { ...order.headers, 'x-sim': '{"latencyMs":20}' };
    const result = await generateLoad({ ...order, headers, concurrency: 1, calls: 6, ratePerS: 200 });
    expect(result.calls).toBe(6);
    expect(result.latencyMs.max).toBeGreaterThan(60);
  });

  it('counts refused and broken calls apart', async () => {
    const failing = (failure: object): LoadOrder => ({
      ...order,
      concurrency: 2,
      calls: 4,
      headers: { ...order.headers, 'x-sim': JSON.stringify(failure) },
    });
    expect(await generateLoad(failing({ status: 429 }))).toMatchObject({ statuses: { 429: 4 }, brokenCalls: 0 });
    expect(await generateLoad(failing({ failure: 'cut' }))).toMatchObject({ calls: 0, brokenCalls: 4 });
  });
});
