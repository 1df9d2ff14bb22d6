import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated } from '@penstock/testing';

import { expectReconciled } from './support/books.js';
import { inputTokensOf } from './support/explain.js';
import { type Answer, MODEL, Proof, ROOMY, type Tenant } from './support/proof.js';

/** A tenth of the price of {@link MODEL}. */
const CHEAP = 'openai/cheap';
const ASKED = 400;
/** The provider writes as much as it may. */
const BODY = { model: MODEL, max_tokens: ASKED, messages: simulated({ promptTokens: 30, completionTokens: 100_000 }) };

let proof: Proof;
let input: number;

beforeAll(async () => {
  proof = await Proof.start();
  await proof.setPrice('cheap', { input_usd_per_mtok: '0.1', output_usd_per_mtok: '0.4' });
  input = await inputTokensOf(proof, await proof.createTenant(), BODY);
});

afterAll(() => proof?.stop());

/** Cents that pay for so many nano-dollars. */
const cents = (nanoUsd: number): number => nanoUsd / 1e7;
const worstCost = (output: number): number => input * 1_000 + output * 4_000;

/** A tenant whose key may use so many tokens a day. */
async function withTokens(limit: Record<string, unknown>): Promise<Tenant> {
  return proof.createTenant({ key: { rate_limit: { token_reset_duration: '1d', ...limit } } });
}

async function served(tenant: Tenant): Promise<{ readonly model: string | null; readonly completionTokens: number }[]> {
  const entries = await proof.simulator.entriesOf(tenant.label);
  return entries.map(({ model, completionTokens }) => ({ model, completionTokens }));
}

function header(answer: Answer, name: string): string | null {
  return answer.headers.get(`x-penstock-${name}`);
}

describe('clamp', () => {
  it.each([
    ['max_tokens', { max_tokens: ASKED }],
    ['max_completion_tokens', { max_tokens: undefined, max_completion_tokens: ASKED }],
    ['neither', { max_tokens: undefined }],
  ])('lowers the answer to what is left, and says so (the caller sent %s)', async (_, members) => {
    const body = { ...BODY, ...members };
    const tokens = await inputTokensOf(proof, await proof.createTenant(), body);
    const tenant = await withTokens({ token_max_limit: tokens + 50, on_exceed: 'clamp' });
    const answer = await proof.call(tenant, { body });
    expect({ status: answer.status, clamped: header(answer, 'max-tokens') }).toEqual({ status: 200, clamped: '50' });
    expect(await served(tenant)).toEqual([{ model: 'proof', completionTokens: 50 }]);
  });

  it('of a stream too, and of money', async () => {
    const tenant = await proof.createTenant({
      key: { budget: { max_limit: cents(worstCost(60) + 5_000), reset_duration: '1d', on_exceed: 'clamp' } },
    });
    const body = { ...BODY, stream: true };
    // The longer body costs more by its few bytes.
    const tokens = await inputTokensOf(proof, await proof.createTenant(), body);
    const left = Math.floor((worstCost(60) + 5_000 - tokens * 1_000) / 4_000);
    const answer = await proof.call(tenant, { body });
    expect({ status: answer.status, clamped: header(answer, 'max-tokens') }).toEqual({
      status: 200,
      clamped: String(left),
    });
    expect(await served(tenant)).toEqual([{ model: 'proof', completionTokens: left }]);
  });

  it('refuses where not one token of an answer fits', async () => {
    const tenant = await withTokens({ token_max_limit: input, on_exceed: 'clamp' });
    const answer = await proof.call(tenant, { body: BODY });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'token_limited', decided_by: { on_exceed: 'clamp' } });
    expect((await proof.settled(tenant)).counters.size).toBe(0);
  });

  it('says nothing where the call fits', async () => {
    const tenant = await withTokens({ token_max_limit: 1_000_000, on_exceed: 'clamp' });
    expect(header(await proof.call(tenant, { body: BODY }), 'max-tokens')).toBeNull();
  });

  it('under concurrency, over two gateways: never more than the cap is used', async () => {
    const cap = 3 * input + 500;
    const tenant = await withTokens({ token_max_limit: cap, on_exceed: 'clamp' });
    const watch = await proof.watchCounters(tenant);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => proof.call(tenant, { gateway: index % 2, body: BODY })),
    );
    const { counters } = await proof.settled(tenant);
    await watch.stop();
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]));
    const ofKey = [...counters].filter(([id]) => id.startsWith('t')).map(([, total]) => total);
    for (const total of ofKey) expect(total).toBeLessThanOrEqual(BigInt(cap));
    for (const [id, peak] of watch.peaks) if (id.startsWith('t')) expect(peak).toBeLessThanOrEqual(BigInt(cap));
  });
});

describe('fallback', () => {
  const budget = { reset_duration: '1d', on_exceed: 'fallback', fallback_model: CHEAP } as const;

  it('calls the cheaper model, charges its price, and says so', async () => {
    const tenant = await proof.createTenant({ key: { budget: { ...budget, max_limit: cents(worstCost(100)) } } });
    const answer = await proof.call(tenant, { body: BODY });
    expect({
      status: answer.status,
      model: header(answer, 'model'),
      from: header(answer, 'fallback-from'),
      cost: header(answer, 'cost-usd'),
    }).toEqual({
      status: 200,
      model: CHEAP,
      from: MODEL,
      cost: `0.${String(30 * 100 + ASKED * 400).padStart(9, '0')}`,
    });
    expect(await served(tenant)).toEqual([{ model: 'cheap', completionTokens: ASKED }]);
    await proof.settled(tenant);
    expect(await proof.ledger.events(tenant.id)).toMatchObject([{ model_requested: MODEL, model_sent: 'cheap' }]);
  });

  it('then clamp, where both are needed', async () => {
    const tenant = await proof.createTenant({
      key: { budget: { ...budget, max_limit: cents(worstCost(100)) } },
      team: { rate_limit: { token_max_limit: input + 20, token_reset_duration: '1d', on_exceed: 'clamp' } },
    });
    const answer = await proof.call(tenant, { body: BODY });
    expect({ status: answer.status, model: header(answer, 'model'), max: header(answer, 'max-tokens') }).toEqual({
      status: 200,
      model: CHEAP,
      max: '20',
    });
  });

  it('one hop: the refusal is that of the model that was asked for, and says why the other was no way out', async () => {
    const tenant = await proof.createTenant({ key: { budget: { ...budget, max_limit: 0.00001 } } });
    const answer = await proof.call(tenant, { body: BODY });
    expect(answer.status).toBe(402);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'budget_exceeded',
      remedy: expect.any(String),
      decided_by: { needed: String(worstCost(ASKED)), on_exceed: 'fallback' },
      fallback: { model: CHEAP, code: 'budget_exceeded', message: expect.any(String) },
    });
    expect(await served(tenant)).toEqual([]);
  });

  it('may only lead to a model that the key may use', async () => {
    const tenant = await proof.createTenant({ key: { budget: { ...budget, max_limit: cents(worstCost(100)) } } });
    await proof.governance.updateVirtualKey(tenant.keyId, { allowed_models: ['proof'] });
    const answer = await proof.call(tenant, { body: BODY });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'budget_exceeded', fallback: { code: 'model_blocked' } });
  });

  it('under concurrency, over two gateways: never more than the cap is spent', async () => {
    // Room for two calls, and for some of a tenth of the price.
    const cap = 2.5 * worstCost(ASKED);
    const tenant = await proof.createTenant({ key: { budget: { ...budget, max_limit: cents(cap) } } });
    const watch = await proof.watchCounters(tenant);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => proof.call(tenant, { gateway: index % 2, body: BODY })),
    );
    await proof.settled(tenant);
    await watch.stop();
    const events = await proof.ledger.events(tenant.id);
    expect(events.map(({ model_sent }) => model_sent)).toContain('cheap');
    expect(events).toHaveLength(answers.filter(({ status }) => status === 200).length);
    for (const [id, peak] of watch.peaks) if (id.startsWith('c')) expect(peak).toBeLessThanOrEqual(BigInt(cap));
  });
});

describe('shadow', () => {
  it('never blocks; counts, and names the limits that have no room', async () => {
    const tenant = await proof.createTenant({
      key: { budget: { max_limit: 0.00001, reset_duration: '1d', on_exceed: 'shadow' } },
      team: { rate_limit: { request_max_limit: 1, request_reset_duration: '1d', on_exceed: 'shadow' } },
    });
    const { budget } = await proof.governance.getVirtualKey(tenant.keyId);
    const { rate_limit: rateLimit } = await proof.governance.getTeam(tenant.teamId);
    const answers = [await proof.call(tenant, { body: BODY }), await proof.call(tenant, { body: BODY })];
    expect(answers.map((answer) => [answer.status, header(answer, 'shadow-exceeded')])).toEqual([
      [200, budget?.id],
      [200, `${budget?.id}, ${rateLimit?.id}`],
    ]);
    const metrics = await (await fetch(`${proof.stack.gatewayUrl}/metrics`)).text();
    expect(metrics).toMatch(/^penstock_shadow_exceeded_total\{unit="nano_usd",entity="virtual_key".*\} 2$/m);
    expect(metrics).toMatch(/^penstock_shadow_exceeded_total\{unit="requests",entity="team".*\} 1$/m);
    const logged = proof.stack.gateways[0]
      ?.logs()
      .split('\n')
      .filter((line) => line.includes('shadow mode is exceeded'));
    expect(logged?.filter((line) => line.includes(budget?.id ?? '?'))).toHaveLength(1);
    await proof.settled(tenant);
  });

  it('beside a limit that denies: that one decides', async () => {
    const tenant = await proof.createTenant({
      key: { budget: { max_limit: 0.00001, reset_duration: '1d', on_exceed: 'shadow' } },
      team: { ...ROOMY, rate_limit: { request_max_limit: 0, request_reset_duration: '1d' } },
    });
    const answer = await proof.call(tenant, { body: BODY });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'request_limited', decided_by: { entity: 'team' } });
  });
});

it('and the books of all of it are closed', () => expectReconciled(proof));
