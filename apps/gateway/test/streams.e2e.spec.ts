import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, type UsageEventRow, waitFor } from '@penstock/testing';

import { expectClosedBooks, expectReconciled, isWhole, truthOf } from './support/books.js';
import { type Answer, Proof, type Tenant } from './support/proof.js';

/** The second gateway ends the exchange when its client leaves, and does not wait long for a silent provider. */
const ABORTING = 1;

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
  await proof.stack.gateways[ABORTING]!.restart({
    PENSTOCK_CLIENT_GONE_POLICY: 'abort',
    PENSTOCK_UPSTREAM_IDLE_TIMEOUT_MS: '2000',
    PENSTOCK_UPSTREAM_FIRST_BYTE_TIMEOUT_MS: '2000',
  });
});

afterAll(() => proof?.stop());

type Behaviour = Readonly<Record<string, unknown>>;

const SERVED = { promptTokens: 40, cachedTokens: 16, completionTokens: 12, reasoningTokens: 4, chunks: 6 };

function streamed(behaviour: Behaviour, body: Behaviour = {}): Behaviour {
  return { stream: true, messages: simulated({ ...SERVED, ...behaviour }), ...body };
}

/** The only event of a tenant, after its books were found closed. */
async function onlyEvent(tenant: Tenant, answers: readonly Answer[]): Promise<UsageEventRow> {
  const events = await expectClosedBooks(proof, tenant, answers);
  expect(events).toHaveLength(1);
  return events[0]!;
}

async function truth(tenant: Tenant): Promise<Record<string, unknown>> {
  const [entry] = await proof.simulator.entriesOf(tenant.label);
  return truthOf(entry!);
}

/** Sends a stream, reads its first bytes and leaves; then waits until the gateway has let go of it. */
async function leaveMidStream(tenant: Tenant, gateway: number): Promise<void> {
  const client = new AbortController();
  const body = streamed({ chunks: 12, chunkIntervalMs: 50 });
  const response = await proof.open(tenant, { gateway, body, signal: client.signal });
  const reader = response.body!.getReader();
  await reader.read();
  client.abort();
  await reader.read().catch(() => undefined);
}

describe('the usage of a stream', () => {
  const asked = { stream_options: { include_usage: true } };
  const positions = ['first', 'middle', 'final', 'after_final'] as const;

  it.each(positions)('in the %s chunk: the ledger has exactly what the provider says', async (usagePosition) => {
    const tenant = await proof.createTenant();
    const answer = await proof.call(tenant, { body: streamed({ usagePosition }) });
    expect(isWhole(answer)).toBe(true);
    expect(await onlyEvent(tenant, [answer])).toMatchObject({ ...(await truth(tenant)), outcome: 'completed' });
  });

  it('absent: counted by us and marked as estimated', async () => {
    const tenant = await proof.createTenant();
    const answer = await proof.call(tenant, { body: streamed({ usagePosition: 'absent' }) });
    expect(isWhole(answer)).toBe(true);
    // Whole, and yet there is no truth to compare with.
    const event = await onlyEvent(tenant, []);
    expect(event).toMatchObject({ is_estimated: true, outcome: 'completed' });
    expect(Number(event.output_tokens)).toBeGreaterThan(0);
  });

  it('is shown to the client that asked for it, and only to that one', async () => {
    const tenant = await proof.createTenant();
    const silent = await proof.call(tenant, { body: streamed({}) });
    const curious = await proof.call(tenant, { body: streamed({}, asked) });
    const usageOnly = /"choices":\[\],"usage":\{"prompt_tokens":40,"completion_tokens":12,/;
    expect(silent.text).not.toContain('"usage":{');
    expect(silent.text).not.toContain('"choices":[]');
    expect(curious.text).toMatch(usageOnly);
    const contentOf = ({ text }: Answer): unknown[] =>
      [...text.matchAll(/"delta":\{"content":"([^"]*)"/g)].map(([, content]) => content);
    expect(contentOf(silent)).toEqual(contentOf(curious));
    expect(contentOf(silent).join('')).not.toBe('');
    expect(await expectClosedBooks(proof, tenant, [silent, curious])).toHaveLength(2);
  });

  it('of several choices with tools: the ledger has exactly what the provider says', async () => {
    const tenant = await proof.createTenant();
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
    const answer = await proof.call(tenant, { body: streamed({ toolCall: true }, { n: 3, tools }) });
    expect(await onlyEvent(tenant, [answer])).toMatchObject(await truth(tenant));
  });
});

describe('a stream', () => {
  it('is passed on while the provider still produces', async () => {
    const tenant = await proof.createTenant();
    const response = await proof.open(tenant, { body: streamed({ chunks: 12, chunkIntervalMs: 100 }) });
    const reader = response.body!.getReader();
    await reader.read();
    expect((await proof.simulator.entriesOf(tenant.label))[0]?.ending).toBe('open');
    while (!(await reader.read()).done);
    await onlyEvent(tenant, []);
  });

  it('has ended its hold before its client sees the end', async () => {
    const tenant = await proof.createTenant();
    const answers: Answer[] = [];
    for (let index = 0; index < 20; index += 1) {
      const body = index % 2 === 0 ? streamed({ chunkIntervalMs: 1 }) : { messages: simulated(SERVED) };
      answers.push(await proof.call(tenant, { gateway: index % 2, body }));
      expect((await proof.stateOf(tenant.id)).holds).toEqual([]);
    }
    expect(await expectClosedBooks(proof, tenant, answers)).toHaveLength(20);
  });

  it('with a chunk that nobody can read passes it on and is charged exactly', async () => {
    const tenant = await proof.createTenant();
    const answer = await proof.call(tenant, { body: streamed({ failure: 'malformed' }) });
    expect(answer.text).toContain('chatcmpl-broken');
    expect(isWhole(answer)).toBe(true);
    expect(await onlyEvent(tenant, [answer])).toMatchObject(await truth(tenant));
  });

  const broken = [
    { failure: 'cut_midway', code: 'upstream_unreachable' },
    { failure: 'hang_midway', code: 'upstream_timeout' },
  ];
  it.each(broken)(
    'that breaks ($failure): the client is told and does not take it for whole; charged for what came',
    async ({ failure, code }) => {
      const tenant = await proof.createTenant();
      const answer = await proof.call(tenant, {
        gateway: ABORTING,
        body: streamed({ failure, failAfterChunks: 4, chunkIntervalMs: 1 }),
      });
      expect(answer.error).toBeUndefined();
      expect(isWhole(answer)).toBe(false);
      const last = answer.text.trim().split('\n\n').at(-1)!;
      expect(JSON.parse(last.slice('data: '.length))).toMatchObject({ code, request_id: answer.requestId });
      const event = await onlyEvent(tenant, [answer]);
      expect(event).toMatchObject({ is_estimated: true, outcome: 'truncated' });
      expect(Number(event.output_tokens)).toBeGreaterThan(0);
    },
  );

  it('that breaks after the provider told its usage: charged exactly that', async () => {
    const tenant = await proof.createTenant();
    const body = streamed({ usagePosition: 'first', failure: 'cut_midway', chunkIntervalMs: 1 });
    const answer = await proof.call(tenant, { body });
    expect(isWhole(answer)).toBe(false);
    expect(await onlyEvent(tenant, [answer])).toMatchObject({ ...(await truth(tenant)), outcome: 'truncated' });
  });

  it('that ends with an error of the provider instead of [DONE]: passed on, marked as estimated', async () => {
    const tenant = await proof.createTenant();
    const answer = await proof.call(tenant, { body: streamed({ failure: 'error_event', chunkIntervalMs: 1 }) });
    expect(answer.text).toContain('The server had an error');
    expect(isWhole(answer)).toBe(false);
    expect(await onlyEvent(tenant, [answer])).toMatchObject({ is_estimated: true });
  });
});

describe('a client that leaves', () => {
  it('mid-stream, policy drain: the answer is read to its end and charged exactly', async () => {
    const tenant = await proof.createTenant();
    await leaveMidStream(tenant, 0);
    const event = await onlyEvent(tenant, []);
    expect(event).toMatchObject({ ...(await truth(tenant)), outcome: 'client_gone' });
    expect((await proof.simulator.entriesOf(tenant.label))[0]?.ending).toBe('finished');
  });

  it('mid-stream, policy abort: the exchange ends, charged for what was received and marked', async () => {
    const tenant = await proof.createTenant();
    await leaveMidStream(tenant, ABORTING);
    const event = await onlyEvent(tenant, []);
    expect(event).toMatchObject({ is_estimated: true, outcome: 'client_gone' });
    expect(Number(event.tokens)).toBeGreaterThan(0);
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label))[0]?.ending === 'client_gone', {
      what: 'the provider to see that the exchange has ended',
    });
  });

  it('before the provider answers: drained and charged exactly', async () => {
    const tenant = await proof.createTenant();
    const client = new AbortController();
    const body = { messages: simulated({ ...SERVED, latencyMs: 500 }) };
    const call = proof.call(tenant, { body, signal: client.signal });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 1, {
      what: 'the call to arrive',
    });
    client.abort();
    expect((await call).error).toBeDefined();
    expect(await onlyEvent(tenant, [])).toMatchObject({ ...(await truth(tenant)), outcome: 'client_gone' });
  });
});

describe('an answer in one piece', () => {
  it('tells its cost, the same as in the ledger', async () => {
    const tenant = await proof.createTenant();
    const answer = await proof.call(tenant, { body: { messages: simulated(SERVED) } });
    const event = await onlyEvent(tenant, [answer]);
    const told = answer.headers.get('x-penstock-cost-usd') ?? '';
    expect(told.replace('.', '').replace(/^0+/, '')).toBe(event.cost_nano_usd);
    expect(event).toMatchObject(await truth(tenant));
  });

  const estimated = [
    { name: 'without usage', behaviour: { usagePosition: 'absent' }, status: 200, outcome: 'completed' },
    { name: 'that is cut off', behaviour: { failure: 'cut_midway' }, status: 502, outcome: 'truncated' },
    { name: 'that never comes', behaviour: { failure: 'hang' }, status: 504, outcome: 'truncated' },
    { name: 'whose connection breaks first', behaviour: { failure: 'cut' }, status: 502, outcome: 'truncated' },
  ];
  it.each(estimated)('$name: charged and marked as estimated', async ({ behaviour, status, outcome }) => {
    const tenant = await proof.createTenant();
    const body = { messages: simulated({ ...SERVED, ...behaviour }) };
    const answer = await proof.call(tenant, { gateway: ABORTING, body });
    expect(answer.status).toBe(status);
    const event = await onlyEvent(tenant, []);
    expect(event).toMatchObject({ is_estimated: true, outcome });
    expect(Number(event.tokens)).toBeGreaterThan(0);
  });

  it.each([400, 429, 500, 503])('of status %i: passed on, nothing is charged', async (status) => {
    const tenant = await proof.createTenant();
    const answer = await proof.call(tenant, { body: streamed({ status, retryAfterS: 7 }) });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('retry-after')).toBe(status === 429 || status === 503 ? '7' : null);
    expect(await expectClosedBooks(proof, tenant, [answer])).toEqual([]);
  });

  it('and the books of all of it are closed', () => expectReconciled(proof));
});
