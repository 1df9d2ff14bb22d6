import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ProviderConfigInput, simulated } from '@penstock/testing';

import { expectReconciled } from './support/books.js';
import { type Answer, Proof, type Tenant } from './support/proof.js';

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
  const url = `${proof.stack.simulatorUrl}/v1`;
  for (const gateway of proof.stack.gateways) await gateway.restart({ GROQ_API_KEY: 'sk-groq', GROQ_BASE_URL: url });
  await proof.governance.request('POST', '/price-overrides', {
    provider: 'groq',
    model: 'proof',
    input_usd_per_mtok: '1',
    output_usd_per_mtok: '4',
  });
});

afterAll(() => proof?.stop());

const BODY = { model: 'proof', max_tokens: 16, messages: simulated({ promptTokens: 30, completionTokens: 10 }) };

async function withConfigs(...provider_configs: ProviderConfigInput[]): Promise<Tenant> {
  const tenant = await proof.createTenant();
  await proof.governance.updateVirtualKey(tenant.keyId, { provider_configs });
  return tenant;
}

async function providersOf(tenant: Tenant): Promise<string[]> {
  await proof.settled(tenant);
  return (await proof.ledger.events(tenant.id)).map(({ provider }) => provider);
}

function refusal(answer: Answer): unknown {
  return { status: answer.status, ...(JSON.parse(answer.text) as object) };
}

describe('a key with provider configs', () => {
  it.each<[string, ProviderConfigInput[], string, object]>([
    [
      'a provider that is not listed',
      [{ provider: 'groq' }],
      'openai/proof',
      { status: 403, code: 'provider_blocked', allowed: ['groq'], denied_by: { rule: 'provider_configs' } },
    ],
    [
      'a model that its provider does not list',
      [{ provider: 'openai', allowed_models: ['gpt-4o'] }],
      'openai/proof',
      { status: 403, code: 'model_blocked', allowed: ['gpt-4o'], remedy: expect.any(String) },
    ],
    ['a bare name that no config knows', [{ provider: 'openai' }], 'nobody', { status: 404, code: 'model_not_found' }],
    [
      'a provider that this gateway lacks',
      [{ provider: 'mistral', allowed_models: ['proof'] }],
      'proof',
      { status: 400, code: 'provider_not_configured' },
    ],
  ])('refuses %s', async (_, configs, model, expected) => {
    const tenant = await withConfigs(...configs);
    expect(refusal(await proof.call(tenant, { body: { ...BODY, model } }))).toMatchObject(expected);
  });

  it('spreads the calls of a bare name by weight', async () => {
    const tenant = await withConfigs({ provider: 'openai', weight: 1 }, { provider: 'groq', weight: 1 });
    await Promise.all(Array.from({ length: 60 }, (_, index) => proof.call(tenant, { gateway: index % 2, body: BODY })));
    const providers = await providersOf(tenant);
    expect(providers).toHaveLength(60);
    // Each is chosen 60 times with one half: that one of them is chosen fewer than five times happens once in 10^12.
    for (const name of ['openai', 'groq']) expect(providers.filter((one) => one === name).length).toBeGreaterThan(4);
  });

  it('leaves a named provider alone', async () => {
    const tenant = await withConfigs({ provider: 'openai', weight: 0 }, { provider: 'groq', weight: 9 });
    await proof.call(tenant, { body: { ...BODY, model: 'openai/proof' } });
    expect(await providersOf(tenant)).toEqual(['openai']);
  });

  it('tries the next provider when a limit of the first has no room', async () => {
    const tenant = await withConfigs(
      { provider: 'groq', weight: 9, rate_limit: { request_max_limit: 1, request_reset_duration: '1d' } },
      { provider: 'openai', weight: 0 },
    );
    for (let call = 0; call < 3; call += 1) expect((await proof.call(tenant, { body: BODY })).status).toBe(200);
    expect(await providersOf(tenant)).toEqual(['groq', 'openai', 'openai']);
  });

  it('tries the next provider when the model has no room at the first, and not when it has none at any', async () => {
    const tenant = await withConfigs({ provider: 'groq', weight: 9 }, { provider: 'openai', weight: 0 });
    const rate_limit = { request_max_limit: 1, request_reset_duration: '1d' };
    const limit = async (owner: object): Promise<void> => {
      const answer = await proof.governance.request('POST', '/model-configs', { model: 'proof', rate_limit, ...owner });
      expect(answer.status).toBe(201);
    };
    await limit({ team_id: tenant.teamId, provider: 'groq' });
    for (let call = 0; call < 2; call += 1) expect((await proof.call(tenant, { body: BODY })).status).toBe(200);
    expect(await providersOf(tenant)).toEqual(['groq', 'openai']);
    await limit({ virtual_key_id: tenant.keyId });
    expect((await proof.call(tenant, { body: BODY })).status).toBe(200);
    expect(refusal(await proof.call(tenant, { body: BODY }))).toMatchObject({
      code: 'request_limited',
      decided_by: { entity: 'model_config' },
    });
  });

  it('shows the refusal of the first when none has room', async () => {
    const none = { request_max_limit: 0, request_reset_duration: '1d' };
    const tenant = await withConfigs(
      { provider: 'groq', weight: 9, rate_limit: none },
      { provider: 'openai', weight: 0, rate_limit: none },
    );
    expect(refusal(await proof.call(tenant, { body: BODY }))).toMatchObject({
      code: 'request_limited',
      decided_by: { entity: 'provider_config', entity_name: expect.stringContaining('groq') },
    });
  });

  it('with room for one: exactly one of 50 calls over two gateways is admitted', async () => {
    const tenant = await withConfigs({
      provider: 'openai',
      rate_limit: { request_max_limit: 1, request_reset_duration: '1d' },
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => proof.call(tenant, { gateway: index % 2, body: BODY })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(1);
    expect(await providersOf(tenant)).toEqual(['openai']);
  });
});

it('and the books of all of it are closed', () => expectReconciled(proof));
