import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, waitFor } from '@penstock/testing';

import { explain, type Explanation, inputTokensOf } from './support/explain.js';
import { type Answer, type LevelLimits, MODEL, Proof, ROOMY, type Tenant } from './support/proof.js';

const BODY = { model: MODEL, max_tokens: 100, messages: simulated({ promptTokens: 30, completionTokens: 10 }) };
const CHEAP = 'openai/cheap';

let proof: Proof;
let input: number;

beforeAll(async () => {
  proof = await Proof.start();
  await proof.setPrice('cheap', { input_usd_per_mtok: '0.1', output_usd_per_mtok: '0.4' });
  input = await inputTokensOf(proof, await proof.createTenant(), BODY);
});

afterAll(() => proof?.stop());

const tokens = (limit: Record<string, unknown>): LevelLimits => ({
  ...ROOMY,
  rate_limit: { token_reset_duration: '1d', ...limit },
});
const budget = (nanoUsd: number, more: Record<string, unknown> = {}): LevelLimits => ({
  budget: { max_limit: nanoUsd / 1e7, reset_duration: '1d', ...more },
});

interface Case {
  readonly name: string;
  readonly tenant: () => Promise<Tenant>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What it must be, so that the two cannot be wrong alike. */
  readonly expected: { readonly admitted: boolean; readonly code?: string; readonly action?: string };
}

const CASES: readonly Case[] = [
  { name: 'room everywhere', tenant: () => proof.createTenant(), expected: { admitted: true } },
  {
    name: 'no limits at all',
    tenant: () => proof.createTenant({ key: {}, team: {}, customer: {} }),
    expected: { admitted: true },
  },
  {
    name: 'tokens of the key, one too few',
    tenant: () => proof.createTenant({ key: tokens({ token_max_limit: input + 99 }) }),
    expected: { admitted: false, code: 'token_limited' },
  },
  {
    name: 'tokens of the key, just enough',
    tenant: () => proof.createTenant({ key: tokens({ token_max_limit: input + 100 }) }),
    expected: { admitted: true },
  },
  {
    name: 'requests of the team used up',
    tenant: async () => {
      const tenant = await proof.createTenant({
        team: { rate_limit: { request_max_limit: 1, request_reset_duration: '1d' } },
      });
      await proof.call(tenant);
      return tenant;
    },
    expected: { admitted: false, code: 'request_limited' },
  },
  {
    name: 'a sliding window',
    tenant: async () => {
      const rate_limit = { request_max_limit: 1, request_reset_duration: '1h', window_type: 'sliding' } as const;
      const tenant = await proof.createTenant({ customer: { rate_limit } });
      await proof.call(tenant);
      return tenant;
    },
    expected: { admitted: false, code: 'request_limited' },
  },
  {
    name: 'money of the customer',
    tenant: () => proof.createTenant({ customer: budget(1_000) }),
    expected: { admitted: false, code: 'budget_exceeded' },
  },
  {
    name: 'clamp',
    tenant: () => proof.createTenant({ key: tokens({ token_max_limit: input + 7, on_exceed: 'clamp' }) }),
    expected: { admitted: true, action: 'clamp' },
  },
  {
    name: 'fallback',
    tenant: () => proof.createTenant({ key: budget(input * 1_000, { on_exceed: 'fallback', fallback_model: CHEAP }) }),
    expected: { admitted: true, action: 'fallback' },
  },
  {
    name: 'fallback that is no way out',
    tenant: () => proof.createTenant({ key: budget(1_000, { on_exceed: 'fallback', fallback_model: CHEAP }) }),
    expected: { admitted: false, code: 'budget_exceeded' },
  },
  {
    name: 'shadow',
    tenant: () => proof.createTenant({ key: budget(1_000, { on_exceed: 'shadow' }) }),
    expected: { admitted: true },
  },
  {
    name: 'a deactivated key',
    tenant: async () => {
      const tenant = await proof.createTenant();
      await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
      return tenant;
    },
    expected: { admitted: false, code: 'virtual_key_blocked' },
  },
  {
    name: 'a model that is not allowed',
    tenant: async () => {
      const tenant = await proof.createTenant();
      await proof.governance.updateVirtualKey(tenant.keyId, { allowed_models: ['gpt-4o'] });
      return tenant;
    },
    expected: { admitted: false, code: 'model_blocked' },
  },
  {
    name: 'a model without a price under a budget',
    tenant: () => proof.createTenant(),
    body: { ...BODY, model: 'openai/nobody-knows-me' },
    expected: { admitted: false, code: 'model_unpriced' },
  },
  {
    name: 'a name that leads nowhere',
    tenant: () => proof.createTenant(),
    body: { ...BODY, model: 'nobody' },
    expected: { admitted: false, code: 'model_not_found' },
  },
  {
    name: 'a prompt whose tokens have to be counted',
    tenant: () => proof.createTenant({ key: tokens({ token_max_limit: 700 }) }),
    body: { model: 'openai/gpt-4o-mini', max_tokens: 10, messages: [{ role: 'user', content: 'hello '.repeat(300) }] },
    expected: { admitted: true },
  },
  {
    name: 'a provider config without room, and another with',
    tenant: async () => {
      const tenant = await proof.createTenant();
      const none = { request_max_limit: 0, request_reset_duration: '1d' };
      await proof.governance.updateVirtualKey(tenant.keyId, {
        provider_configs: [{ provider: 'openai', weight: 1, rate_limit: none }],
      });
      return tenant;
    },
    body: { ...BODY, model: 'proof' },
    expected: { admitted: false, code: 'request_limited' },
  },
];

/** What the two must agree on, from what governance said. */
function said({ admitted, on_exceed: step, shadow_exceeded: shadows, refusal }: Explanation): unknown {
  if (!admitted) {
    const { status, code, message, remedy } = refusal as Record<string, unknown>;
    return { admitted, status, code, message, remedy };
  }
  const { max_tokens: maxTokens, fallback_from: from } = step;
  return {
    admitted,
    maxTokens: maxTokens === undefined ? null : String(maxTokens),
    from: from === undefined ? null : `${from.provider}/${from.model}`,
    shadows: shadows.length === 0 ? null : shadows.join(', '),
  };
}

/** The same from what the gateway did. */
function done(answer: Answer): unknown {
  if (answer.status !== 200) {
    const { status_code: status, code, error: message, remedy } = JSON.parse(answer.text) as Record<string, unknown>;
    return { admitted: false, status, code, message, remedy };
  }
  return {
    admitted: true,
    maxTokens: answer.headers.get('x-penstock-max-tokens'),
    from: answer.headers.get('x-penstock-fallback-from'),
    shadows: answer.headers.get('x-penstock-shadow-exceeded'),
  };
}

describe('POST /explain', () => {
  it.each(CASES)('says what the gateway then does: $name', async ({ tenant: create, body = BODY, expected }) => {
    const tenant = await create();
    await proof.settled(tenant);
    const before = await proof.stateOf(tenant.id);
    const explanation = await explain(proof, tenant.keyId, body);
    expect(await proof.stateOf(tenant.id)).toEqual(before);
    expect({
      admitted: explanation.admitted,
      ...(expected.code === undefined ? {} : { code: explanation.refusal?.['code'] }),
      ...(expected.action === undefined ? {} : { action: explanation.on_exceed.action }),
    }).toEqual(expected);
    const answer = await proof.call(tenant, { body });
    expect(done(answer)).toEqual(said(explanation));
    if (answer.status === 402 || answer.status === 429) {
      const { limits, decided_by: decidedBy } = JSON.parse(answer.text) as Record<string, unknown>;
      const withoutTime = (one: object): object => ({
        ...one,
        window_started_at: undefined,
        window_ends_at: undefined,
      });
      expect((limits as object[]).map(withoutTime)).toEqual(explanation.limits.map(withoutTime));
      expect(explanation.limits.find((one) => one['decides'] === true)).toMatchObject({
        limit_id: (decidedBy as Record<string, unknown>)['limit_id'],
      });
    }
    await proof.settled(tenant);
  });

  it('shows what running calls hold', async () => {
    const tenant = await proof.createTenant({ key: { rate_limit: { concurrent_max_limit: 1 } } });
    const call = proof.call(tenant, { body: { messages: simulated({ latencyMs: 1_500 }) } });
    await waitFor(async () => (await proof.stateOf(tenant.id)).holds.length === 1, { what: 'the hold' });
    const { admitted, limits, refusal } = await explain(proof, tenant.keyId, BODY);
    expect({ admitted, limit: limits[0] }).toMatchObject({
      admitted: false,
      limit: { unit: 'concurrent_requests', cap: '1', used: '1', held: '1', needed: '1', fits: false, decides: true },
    });
    expect(refusal).toMatchObject({ code: 'concurrency_limited', retry_after_ms: 1_000, remedy: expect.any(String) });
    await call;
    await proof.settled(tenant);
  });

  it('finds a key by its value, and knows no key of another', async () => {
    const tenant = await proof.createTenant();
    const ask = (body: object): Promise<{ status: number; body: Record<string, unknown> }> =>
      proof.governance.request('POST', '/explain', { request: BODY, ...body });
    expect((await ask({ virtual_key: tenant.key })).body).toMatchObject({ virtual_key_id: tenant.keyId });
    expect((await ask({ virtual_key: 'sk-bf-nobody' })).status).toBe(404);
    expect((await ask({ virtual_key_id: '01890000-0000-7000-8000-000000000000' })).status).toBe(404);
    expect((await ask({ virtual_key_id: 'nobody' })).status).toBe(404);
    expect((await ask({})).status).toBe(400);
    expect((await ask({ virtual_key_id: tenant.keyId, virtual_key: tenant.key })).status).toBe(400);
  });

  it.each([
    ['model', { model: 4 }],
    ['messages', { messages: [] }],
    ['max_tokens', { max_tokens: '100' }],
    ['Max_Tokens', { Max_Tokens: 100 }],
    ['n', { n: 0 }],
  ])('refuses the request that a gateway would refuse: %s', async (path, members) => {
    const tenant = await proof.createTenant();
    const request = { ...BODY, ...members };
    const answer = await proof.governance.request('POST', '/explain', { virtual_key_id: tenant.keyId, request });
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(`request.${path}`) } });
    expect((await proof.call(tenant, { body: request })).status).toBe(400);
  });
});
