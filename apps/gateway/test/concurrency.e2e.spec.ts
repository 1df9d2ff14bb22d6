import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type SimulatorEntry, simulated, waitFor } from '@penstock/testing';

import { expectReconciled } from './support/books.js';
import { Proof, type Tenant } from './support/proof.js';

const CAP = 3;

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
});

afterAll(() => proof?.stop());

/** When the provider began and ended a request. */
type Served = SimulatorEntry & { readonly startedAtMs: number; readonly finishedAtMs: number };

/** The most requests that the provider served at the same time. */
function peakOf(entries: readonly Served[]): number {
  const steps = entries.flatMap(({ startedAtMs, finishedAtMs }) => [
    { atMs: startedAtMs, step: 1 },
    { atMs: finishedAtMs, step: -1 },
  ]);
  // The end of one and the start of another within a millisecond do not overlap: the place is given back in between.
  steps.sort((one, other) => one.atMs - other.atMs || one.step - other.step);
  let running = 0;
  return Math.max(...steps.map(({ step }) => (running += step)));
}

async function served(tenant: Tenant): Promise<Served[]> {
  return (await proof.simulator.entriesOf(tenant.label)) as Served[];
}

async function withPlaces(): Promise<Tenant> {
  return proof.createTenant({ team: { rate_limit: { concurrent_max_limit: CAP } } });
}

it('concurrent requests: never more than the limit run at the provider, and every place is given back', async () => {
  const tenant = await withPlaces();
  const call = async (index: number): Promise<number> => {
    const stream = index % 2 === 0;
    const body = { stream, messages: simulated({ latencyMs: 20, chunks: 3, chunkIntervalMs: 10 }) };
    const answer = await proof.call(tenant, { gateway: index % 2, body });
    // A refused caller comes back, as clients do.
    return answer.status === 429 ? call(index) : answer.status;
  };
  const statuses = await Promise.all(Array.from({ length: 50 }, (_, index) => call(index)));
  expect(new Set(statuses)).toEqual(new Set([200]));
  const { counters } = await proof.settled(tenant);
  expect([...counters].filter(([id]) => id.startsWith('n')).map(([, total]) => total)).toEqual([0n]);
  const entries = await served(tenant);
  expect(entries).toHaveLength(50);
  expect(peakOf(entries)).toBeLessThanOrEqual(CAP);
});

it('of 50 calls at once over two gateways exactly as many as the limit are admitted', async () => {
  const tenant = await withPlaces();
  const body = { stream: true, messages: simulated({ chunks: 50, chunkIntervalMs: 100 }) };
  const clients = new AbortController();
  const calls = Array.from({ length: 50 }, (_, index) =>
    proof.open(tenant, { gateway: index % 2, body, signal: clients.signal }),
  );
  const answers = await Promise.all(calls);
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(CAP);
  expect(refused).toHaveLength(50 - CAP);
  expect(await refused[0]?.json()).toMatchObject({
    code: 'concurrency_limited',
    decided_by: { unit: 'concurrent_requests', cap: String(CAP), used: String(CAP) },
    retry_after_ms: expect.any(Number),
  });
  clients.abort();
  await waitFor(async () => (await proof.stateOf(tenant.id)).holds.length === 0, {
    what: 'the streams to end',
    timeoutMs: 30_000,
  });
  const { counters } = await proof.settled(tenant);
  expect([...counters].filter(([id]) => id.startsWith('n')).map(([, total]) => total)).toEqual([0n]);
});

it('and the books of all of it are closed', () => expectReconciled(proof));
