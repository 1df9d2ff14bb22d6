import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, waitFor } from '@penstock/testing';

import {
  API_KEYS,
  type Assignments,
  createAssigned,
  expectClosedAttempts,
  served,
  startWithProviders,
} from './support/attempts.js';
import { expectReconciled, isWhole } from './support/books.js';
import { inputTokensOf } from './support/explain.js';
import { type Answer, type Proof, type Tenant } from './support/proof.js';

let proof: Proof;
let groupCount = 0;

beforeAll(async () => {
  proof = await startWithProviders();
});

afterAll(() => proof?.stop());

type Behaviour = Readonly<Record<string, unknown>>;

const USAGE = { promptTokens: 30, completionTokens: 10 };

/** A call of `name` whose providers behave like this. */
function bodyFor(name: string, perProvider: Partial<Record<keyof typeof API_KEYS, Behaviour>>, more: Behaviour = {}) {
  const perApiKey = Object.fromEntries(
    Object.entries(perProvider).map(([provider, behaviour]) => [API_KEYS[provider as 'groq'], behaviour]),
  );
  return { model: name, max_tokens: 16, messages: simulated({ ...USAGE, perApiKey }), ...more };
}

/** A tenant with one group, whose name is given besides. */
async function withGroup(
  models: readonly string[],
  levels: Parameters<typeof createAssigned>[2] = {},
  more: Assignments = {},
): Promise<{ readonly tenant: Tenant; readonly name: string }> {
  groupCount += 1;
  const name = `smart-${groupCount}`;
  return { tenant: await createAssigned(proof, { groups: { [name]: models }, ...more }, levels), name };
}

function errorOf(answer: Answer): Record<string, unknown> {
  return { status: answer.status, ...(JSON.parse(answer.text) as object) };
}

function header(answer: Answer, name: string): string | null {
  return answer.headers.get(`x-penstock-${name}`);
}

const THREE = ['openai/proof', 'groq/proof', 'mistral/proof'];

describe('a group whose first target fails', () => {
  it.each<[string, Behaviour, number]>([
    ['500', { status: 500 }, 500],
    ['503', { status: 503 }, 503],
    ['429', { status: 429 }, 429],
    ['408', { status: 408 }, 408],
    ['409', { status: 409 }, 409],
    ['401, our credential', { status: 401 }, 401],
    ['403, our credential', { status: 403 }, 403],
  ])('with %s: the second serves, in the books it alone', async (_, behaviour, status) => {
    const { tenant, name } = await withGroup(THREE);
    const answer = await proof.call(tenant, { body: bodyFor(name, { openai: behaviour }) });
    expect({
      status: answer.status,
      model: header(answer, 'model'),
      attempts: header(answer, 'attempts'),
    }).toEqual({ status: 200, model: 'groq/proof', attempts: '2' });
    expect(await served(proof, tenant)).toEqual([`openai/proof ${status}`, 'groq/proof 200']);
    const events = await expectClosedAttempts(proof, tenant);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      request_id: answer.requestId,
      provider: 'groq',
      model_requested: name,
      model_sent: 'proof',
      outcome: 'completed',
    });
  });

  it.each<[string, string[], Partial<Record<keyof typeof API_KEYS, Behaviour>>, number]>([
    ['cannot be reached: free', ['deepseek/proof', 'groq/proof'], {}, 1],
    ['hangs: charged at what was reserved', THREE, { openai: { failure: 'hang' } }, 2],
    ['breaks off before its answer: charged', THREE, { openai: { failure: 'cut' } }, 2],
    ['breaks off within its answer: charged', THREE, { openai: { failure: 'cut_midway' } }, 2],
    ['answers what is no JSON: charged', THREE, { openai: { failure: 'malformed' } }, 2],
  ])('because it %s', async (_, models, behaviours, eventCount) => {
    const { tenant, name } = await withGroup(models);
    const answer = await proof.call(tenant, { body: bodyFor(name, behaviours) });
    expect({ status: answer.status, model: header(answer, 'model') }).toEqual({ status: 200, model: 'groq/proof' });
    const events = await expectClosedAttempts(proof, tenant);
    expect(events.map(({ provider, is_estimated }) => ({ provider, is_estimated }))).toEqual([
      ...(eventCount === 2 ? [{ provider: 'openai', is_estimated: true }] : []),
      { provider: 'groq', is_estimated: false },
    ]);
  });

  it.each([400, 404, 422])('with %i: that is about the request, so the caller reads it as it is', async (status) => {
    const { tenant, name } = await withGroup(THREE);
    const answer = await proof.call(tenant, { body: bodyFor(name, { openai: { status } }) });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { message: expect.any(String) } });
    expect(await served(proof, tenant)).toEqual([`openai/proof ${status}`]);
    expect(await expectClosedAttempts(proof, tenant)).toEqual([]);
  });

  it('of a stream before its first byte: the second streams', async () => {
    const { tenant, name } = await withGroup(THREE);
    for (const behaviour of [{ status: 500 }, { failure: 'cut' }]) {
      const answer = await proof.call(tenant, { body: bodyFor(name, { openai: behaviour }, { stream: true }) });
      expect(isWhole(answer)).toBe(true);
      expect(header(answer, 'model')).toBe('groq/proof');
    }
    const events = await expectClosedAttempts(proof, tenant);
    expect(events.map(({ provider, is_stream }) => ({ provider, is_stream }))).toEqual([
      { provider: 'groq', is_stream: true },
      { provider: 'openai', is_stream: true },
      { provider: 'groq', is_stream: true },
    ]);
  });

  it('of a stream after its first byte: the error ends the stream, nothing else is called', async () => {
    const { tenant, name } = await withGroup(THREE);
    const body = bodyFor(name, { openai: { failure: 'cut_midway', chunks: 6 } }, { stream: true });
    const answer = await proof.call(tenant, { body });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('upstream_unreachable');
    expect(answer.text).not.toContain('[DONE]');
    const events = await expectClosedAttempts(proof, tenant);
    expect(events.map(({ provider, is_estimated }) => ({ provider, is_estimated }))).toEqual([
      { provider: 'openai', is_estimated: true },
    ]);
  });

  it('is passed over when its provider is not configured here', async () => {
    const { tenant, name } = await withGroup(['anthropic/proof', 'groq/proof']);
    const answer = await proof.call(tenant, { body: bodyFor(name, {}) });
    expect({ status: answer.status, attempts: header(answer, 'attempts') }).toEqual({ status: 200, attempts: '1' });
    expect(await served(proof, tenant)).toEqual(['groq/proof 200']);
  });

  it('at the same provider: its next model is called', async () => {
    await proof.setPrice('cheap', { input_usd_per_mtok: '0.1', output_usd_per_mtok: '0.4' });
    const { tenant, name } = await withGroup(['openai/proof', 'openai/cheap']);
    const messages = simulated({ ...USAGE, perModel: { proof: { status: 500 } } });
    const answer = await proof.call(tenant, { body: { model: name, max_tokens: 16, messages } });
    expect({ status: answer.status, cost: header(answer, 'cost-usd') }).toEqual({
      status: 200,
      cost: `0.${String(30 * 100 + 10 * 400).padStart(9, '0')}`,
    });
    expect((await expectClosedAttempts(proof, tenant)).map(({ model_sent }) => model_sent)).toEqual(['cheap']);
  });
});

describe('when every target fails', () => {
  it('the last failure is answered with all that was tried', async () => {
    const { tenant, name } = await withGroup(THREE);
    const body = bodyFor(name, { openai: { status: 429 }, groq: { failure: 'hang' }, mistral: { status: 500 } });
    const answer = await proof.call(tenant, { body });
    expect(errorOf(answer)).toMatchObject({
      status: 502,
      code: 'upstream_failed',
      tried: [
        { provider: 'openai', model: 'proof', status: 429, charged: false },
        { provider: 'groq', model: 'proof', status: null, code: 'upstream_timeout', charged: true },
        { provider: 'mistral', model: 'proof', status: 500, charged: false },
      ],
    });
    const events = await expectClosedAttempts(proof, tenant);
    expect(events.map(({ provider }) => provider)).toEqual(['groq']);
  });

  it('because every provider limits us: the caller may try again when the first allows it', async () => {
    const { tenant, name } = await withGroup(['openai/proof', 'groq/proof']);
    const body = bodyFor(name, { openai: { status: 429, retryAfterS: 9 }, groq: { status: 429, retryAfterS: 4 } });
    const answer = await proof.call(tenant, { body });
    expect(errorOf(answer)).toMatchObject({ status: 429, code: 'upstream_rate_limited', retry_after_ms: 4_000 });
    expect(answer.headers.get('retry-after')).toBe('4');
    expect(await expectClosedAttempts(proof, tenant)).toEqual([]);
  });

  it('the request is refused for good by a later target: its answer as it is', async () => {
    const { tenant, name } = await withGroup(THREE);
    const answer = await proof.call(tenant, {
      body: bodyFor(name, { openai: { status: 500 }, groq: { status: 400 } }),
    });
    expect({ status: answer.status, attempts: header(answer, 'attempts') }).toEqual({ status: 400, attempts: '2' });
    expect(await served(proof, tenant)).toEqual(['openai/proof 500', 'groq/proof 400']);
    expect(await expectClosedAttempts(proof, tenant)).toEqual([]);
  });

  it('at most eight are tried', async () => {
    const models = Array.from({ length: 10 }, (_, index) => `openai/proof-${index}`);
    const { tenant, name } = await withGroup(models, { key: {}, team: {}, customer: {} });
    const answer = await proof.call(tenant, { body: bodyFor(name, { openai: { status: 503 } }) });
    expect((errorOf(answer)['tried'] as unknown[]).length).toBe(8);
    expect(await served(proof, tenant)).toHaveLength(8);
  });

  it('the only target: its own answer, byte for byte as ever', async () => {
    const { tenant, name } = await withGroup(['openai/proof']);
    const answer = await proof.call(tenant, { body: bodyFor(name, { openai: { status: 500 } }) });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'server_error' } });
  });
});

describe('a budget with room for one attempt', () => {
  async function withRoomFor(count: number): Promise<{ tenant: Tenant; name: string; tokens: number }> {
    const open = await withGroup(THREE);
    const input = await inputTokensOf(proof, open.tenant, bodyFor(open.name, { openai: { failure: 'hang' } }));
    // The longest of the bodies below.
    const tokens = count * (input + 16 + 64);
    const limits = { rate_limit: { token_max_limit: tokens, token_reset_duration: '1d' } };
    return { ...(await withGroup(THREE, { key: limits, team: {}, customer: {} })), tokens };
  }

  it('is not needed for attempts that are free', async () => {
    const { tenant, name } = await withRoomFor(1);
    const body = bodyFor(name, { openai: { status: 500 }, groq: { status: 502 } });
    expect((await proof.call(tenant, { body })).status).toBe(200);
    expect(await expectClosedAttempts(proof, tenant)).toHaveLength(1);
  });

  it('that is taken by an attempt which nobody knows the end of: its failure is answered, and why there is no other', async () => {
    const { tenant, name } = await withRoomFor(1);
    const answer = await proof.call(tenant, { body: bodyFor(name, { openai: { failure: 'hang' } }) });
    expect(errorOf(answer)).toMatchObject({
      status: 504,
      code: 'upstream_timeout',
      tried: [{ provider: 'openai', charged: true }],
      not_tried: { code: 'token_limited', message: expect.any(String) },
    });
    expect(await served(proof, tenant)).toEqual(['openai/proof 0']);
    expect(await expectClosedAttempts(proof, tenant)).toHaveLength(1);
  });

  it('under 30 calls over two gateways: never passed, every attempt accounted', async () => {
    const { tenant, name, tokens } = await withRoomFor(3);
    const behaviours = [{ openai: { failure: 'cut' } }, { openai: { status: 500 } }, { openai: { failure: 'hang' } }];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        proof.call(tenant, { gateway: index % 2, body: bodyFor(name, behaviours[index % 3] as Behaviour) }),
      ),
    );
    const events = await expectClosedAttempts(proof, tenant);
    expect(new Set(answers.map(({ status }) => status))).not.toContain(0);
    for (const { text, status } of answers) if (status >= 500) expect(JSON.parse(text)).toHaveProperty('tried');
    expect(events.reduce((sum, event) => sum + Number(event.tokens), 0)).toBeLessThanOrEqual(tokens);
  });
});

describe('a client that leaves', () => {
  it('while the first target hangs: no other is called', async () => {
    const { tenant, name } = await withGroup(THREE);
    const client = new AbortController();
    const call = proof.call(tenant, {
      body: bodyFor(name, { openai: { status: 500, latencyMs: 700 } }),
      signal: client.signal,
    });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 1, {
      what: 'the first attempt',
    });
    client.abort();
    await call;
    expect(await expectClosedAttempts(proof, tenant)).toEqual([]);
    expect(await served(proof, tenant)).toEqual(['openai/proof 500']);
  });

  it('while a later target answers: that answer is accounted', async () => {
    const { tenant, name } = await withGroup(THREE);
    const client = new AbortController();
    const call = proof.call(tenant, {
      body: bodyFor(name, { openai: { status: 500 }, groq: { latencyMs: 700 } }),
      signal: client.signal,
    });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 2, {
      what: 'the second attempt',
    });
    client.abort();
    await call;
    const events = await expectClosedAttempts(proof, tenant);
    expect(events.map(({ provider, outcome }) => ({ provider, outcome }))).toEqual([
      { provider: 'groq', outcome: 'client_gone' },
    ]);
  });
});

describe('kill -9 of a gateway', () => {
  it('while a later target thinks: that attempt is charged once, the one before is free', async () => {
    const { tenant, name } = await withGroup(THREE);
    const call = proof.call(tenant, {
      gateway: 1,
      body: bodyFor(name, { openai: { status: 500 }, groq: { latencyMs: 600_000 } }),
    });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 2, {
      what: 'the second attempt',
    });
    await proof.stack.gateways[1]!.kill();
    expect((await call).error).toBeDefined();
    const events = await expectClosedAttempts(proof, tenant);
    expect(events.map(({ provider, outcome, is_estimated }) => ({ provider, outcome, is_estimated }))).toEqual([
      { provider: 'groq', outcome: 'orphaned', is_estimated: true },
    ]);
    await proof.stack.gateways[1]!.restart({});
  });
});

describe('a key with several provider configs', () => {
  it('goes on with the next provider of a bare name', async () => {
    const tenant = await proof.createTenant();
    await proof.governance.updateVirtualKey(tenant.keyId, {
      provider_configs: [
        { provider: 'openai', weight: 1 },
        { provider: 'groq', weight: 0 },
      ],
    });
    const answer = await proof.call(tenant, { body: bodyFor('proof', { openai: { status: 500 } }) });
    expect({ status: answer.status, model: header(answer, 'model'), attempts: header(answer, 'attempts') }).toEqual({
      status: 200,
      model: 'groq/proof',
      attempts: '2',
    });
    const named = await proof.call(tenant, { body: bodyFor('openai/proof', { openai: { status: 500 } }) });
    expect(named.status).toBe(500);
    expect((await expectClosedAttempts(proof, tenant)).map(({ provider }) => provider)).toEqual(['groq']);
  });
});

describe('the names of a team', () => {
  it('are all that its callers may use, and all that they are shown', async () => {
    const { tenant, name } = await withGroup(
      ['openai/proof'],
      {},
      {
        aliases: { 'fast-one': { provider: 'groq', model: 'proof' } },
      },
    );
    for (const model of [name, 'fast-one', 'openai/proof', 'groq/proof']) {
      expect((await proof.call(tenant, { body: bodyFor(model, {}) })).status).toBe(200);
    }
    const names = ['fast-one', name, 'groq/proof', 'openai/proof'];
    expect(errorOf(await proof.call(tenant, { body: bodyFor('mistral/proof', {}) }))).toMatchObject({
      status: 403,
      code: 'model_not_permitted',
      type: 'model_blocked',
      allowed: names,
      denied_by: { entity: 'team', entity_id: tenant.teamId },
    });
    const list = await fetch(`${proof.stack.gatewayUrl}/v1/models`, { headers: { 'x-bf-vk': tenant.key } });
    expect(((await list.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual(names);
    const explained = await proof.governance.request('POST', '/explain', {
      virtual_key_id: tenant.keyId,
      request: bodyFor(name, {}),
    });
    expect(explained.body).toMatchObject({ admitted: true, candidates: [{ provider: 'openai', model: 'proof' }] });
    const refused = await proof.governance.request('POST', '/explain', {
      virtual_key_id: tenant.keyId,
      request: bodyFor('mistral/proof', {}),
    });
    expect(refused.body).toMatchObject({ admitted: false, refusal: { code: 'model_not_permitted' } });
    expect((await expectClosedAttempts(proof, tenant)).map(({ model_requested }) => model_requested)).toEqual([
      name,
      'fast-one',
      'openai/proof',
      'groq/proof',
    ]);
  });

  it('are none when nothing is assigned', async () => {
    const tenant = await createAssigned(proof, {});
    expect(errorOf(await proof.call(tenant, { body: bodyFor('openai/proof', {}) }))).toMatchObject({
      status: 403,
      code: 'model_not_permitted',
      error: expect.stringContaining('No model group or access group'),
      allowed: [],
    });
  });

  it('of an inactive alias, group, model or access group do not count', async () => {
    const { tenant, name } = await withGroup(
      ['openai/proof', 'groq/proof'],
      {},
      {
        aliases: { 'sleeping-one': { provider: 'mistral', model: 'proof' } },
      },
    );
    await proof.ledger.query(
      `UPDATE saas.model_group_models SET is_active = false WHERE model_name = 'openai/proof'
      AND model_group_id = (SELECT model_group_id FROM saas.model_groups WHERE group_name = $1)`,
      [name],
    );
    await proof.ledger.query(`UPDATE saas.model_access_groups SET status = 'inactive' WHERE display_name = $1`, [
      tenant.label,
    ]);
    expect(errorOf(await proof.call(tenant, { body: bodyFor('sleeping-one', {}) }))['allowed']).toEqual([
      name,
      'groq/proof',
    ]);
    const answer = await proof.call(tenant, { body: bodyFor(name, {}) });
    expect(header(answer, 'model')).toBe('groq/proof');
  });
});

it('failed attempts are counted', async () => {
  const text = await (await fetch(`${proof.stack.gatewayUrls[0]}/metrics`)).text();
  expect(text).toMatch(/^penstock_gateway_failovers_total\{.*provider="openai".*outcome="tried".*\} [1-9]/m);
});

it('and the books of all of it are closed', () => expectReconciled(proof));
