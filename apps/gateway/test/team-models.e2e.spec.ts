import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AdminClient, adminClient, simulated } from '@penstock/testing';
import OpenAI, { APIError } from 'openai';

import { API_KEYS, startWithProviders } from './support/attempts.js';
import { expectReconciled } from './support/books.js';
import type { Proof } from './support/proof.js';

let proof: Proof;
let admin: AdminClient;
let key: string;

const TEAM = 'team-of-models';
const USAGE = { promptTokens: 30, completionTokens: 10 };

beforeAll(async () => {
  proof = await startWithProviders({ admin: true });
  admin = adminClient(proof.stack);
  await admin.ok('POST', '/organizations/create', { organization_id: 'org-of-models', name: 'Models' });
  await admin.ok('POST', '/model-groups/create', {
    group_name: 'smart',
    models: [
      { model_name: 'groq/proof', priority: 1 },
      { model_name: 'openai/proof', priority: 0 },
    ],
  });
  await admin.ok('POST', '/model-access-groups/create', { group_name: 'everyone', display_name: 'Everyone' });
  await admin.ok('POST', '/models/create', {
    model_alias: 'fast',
    display_name: 'Fast',
    provider: 'mistral',
    actual_model: 'proof',
    access_groups: ['everyone'],
  });
  const team = await admin.ok('POST', '/teams/create', {
    organization_id: 'org-of-models',
    team_id: TEAM,
    model_groups: ['smart'],
    access_groups: ['everyone'],
    credits_allocated: 1_000,
  });
  key = String(team['virtual_key']);
});

afterAll(() => proof?.stop());

function client(gateway = 0): OpenAI {
  return new OpenAI({ apiKey: key, baseURL: `${proof.stack.gatewayUrls[gateway]}/v1`, maxRetries: 0 });
}

/** Asks a gateway as an application would. */
async function ask(
  model: string,
  behaviour: object = {},
  gateway = 0,
): Promise<{ model: string | null; text: string }> {
  const { data, response } = await client(gateway)
    .chat.completions.create({ model, max_tokens: 16, messages: simulated({ ...USAGE, ...behaviour }) })
    .withResponse();
  return { model: response.headers.get('x-penstock-model'), text: data.choices[0]?.message.content ?? '' };
}

async function refusalOf(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => new Error('it was answered'),
    (refusal: unknown) => refusal,
  );
  if (!(error instanceof APIError)) throw error;
  return error;
}

describe('a team whose models the admin API assigns, called with the SDK of OpenAI', () => {
  it('sees its names, and only these', async () => {
    const names = (await client().models.list()).data.map(({ id }) => id);
    expect(names).toEqual(['fast', 'smart', 'mistral/proof', 'openai/proof', 'groq/proof']);
  });

  it('is served by the first model of its group, by the second when that fails, and by an alias', async () => {
    expect(await ask('smart')).toMatchObject({ model: 'openai/proof', text: expect.stringMatching(/./) });
    const perApiKey = { [API_KEYS.openai]: { status: 503 } };
    expect(await ask('smart', { perApiKey })).toMatchObject({ model: 'groq/proof' });
    expect(await ask('fast')).toMatchObject({ model: 'mistral/proof' });
  });

  it('streams from the second when the first fails before its first byte', async () => {
    const perApiKey = { [API_KEYS.openai]: { status: 500 } };
    const stream = await client().chat.completions.create({
      model: 'smart',
      stream: true,
      messages: simulated({ ...USAGE, chunks: 4, perApiKey }),
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text.length).toBeGreaterThan(0);
  });

  it('is refused every other name with the list of its own', async () => {
    const refusal = await refusalOf(ask('mistral/other'));
    expect({ status: refusal.status, error: refusal.error }).toMatchObject({
      status: 403,
      error: { code: 'model_not_permitted', allowed: expect.arrayContaining(['smart', 'fast']) },
    });
  });

  it('gets a change of the group, the alias and the assignments with the very next call, on every gateway', async () => {
    for (const gateway of [0, 1]) expect((await ask('smart', {}, gateway)).model).toBe('openai/proof');
    await admin.ok('PUT', '/model-groups/smart/models', [
      { model_name: 'mistral/proof', priority: 0 },
      { model_name: 'openai/proof', priority: 1 },
    ]);
    for (const gateway of [0, 1]) expect((await ask('smart', {}, gateway)).model).toBe('mistral/proof');
    await admin.ok('PUT', '/models/fast', { provider: 'groq' });
    for (const gateway of [0, 1]) expect((await ask('fast', {}, gateway)).model).toBe('groq/proof');
    await admin.ok('PUT', `/teams/${TEAM}/access-groups`, []);
    for (const gateway of [0, 1]) expect((await refusalOf(ask('fast', {}, gateway))).status).toBe(403);
    await admin.ok('PUT', `/teams/${TEAM}/model-groups`, []);
    const refusal = await refusalOf(ask('smart'));
    expect(refusal.message).toContain('No model group or access group');
  });
});

it('and the books of all of it are closed', async () => {
  await expectReconciled(proof);
});
