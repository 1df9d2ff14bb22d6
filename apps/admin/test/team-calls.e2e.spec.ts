import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AdminClient,
  adminClient,
  type GovernanceClient,
  governanceClient,
  sendChat,
  simulated,
  type SimulatorClient,
  simulatorClient,
  type Stack,
  startStack,
  waitFor,
} from '@penstock/testing';

/** Real processes: what the admin API says of teams is what gateways do with the next call. */
let stack: Stack;
let admin: AdminClient;
let governance: GovernanceClient;
let simulator: SimulatorClient;
let count = 0;

interface Team {
  readonly id: string;
  readonly organizationId: string;
  readonly tenantId: string;
  readonly governanceTeamId: string;
  readonly keyId: string;
  readonly key: string;
}

interface Called {
  readonly status: number;
  readonly code?: string;
  readonly [field: string]: unknown;
}

beforeAll(async () => {
  // A busy machine is no reason to refuse a call.
  stack = await startStack({ gateways: 2, env: { PENSTOCK_STORE_DEADLINE_MS: '5000' } });
  admin = adminClient(stack);
  governance = governanceClient(stack);
  simulator = simulatorClient(stack.simulatorUrl);
  await admin.ok('POST', '/model-groups/create', {
    group_name: 'ChatAgent',
    models: [{ model_name: 'openai/gpt-4o-mini' }],
  });
});

afterAll(() => stack?.stop());

async function makeTeam(fields: Record<string, unknown> = {}): Promise<Team> {
  count += 1;
  const organizationId = `org_${count}`;
  const organization = await admin.ok('POST', '/organizations/create', {
    organization_id: organizationId,
    name: `Organization ${count}`,
    create_default_team: false,
  });
  const team = await admin.ok('POST', '/teams/create', {
    organization_id: organizationId,
    team_id: `team_${count}`,
    team_alias: `Team ${count}`,
    model_groups: ['ChatAgent'],
    credits_allocated: 100,
    ...fields,
  });
  return {
    id: String(team['team_id']),
    organizationId,
    tenantId: String(organization['customer_id']),
    governanceTeamId: String(team['governance_team_id']),
    keyId: String(team['virtual_key_id']),
    key: String(team['virtual_key']),
  };
}

async function call(key: string, gateway = 0, body: Record<string, unknown> = {}): Promise<Called> {
  const response = await sendChat({
    gatewayUrl: stack.gatewayUrls[gateway] ?? stack.gatewayUrl,
    key,
    credential: 'authorization',
    body: { model: 'ChatAgent', ...body },
  });
  const { error, ...rest } = (await response.json()) as { error?: Record<string, unknown> };
  return { ...rest, ...error, status: response.status };
}

/** The next call through each gateway. */
function everywhere(key: string): Promise<Called[]> {
  return Promise.all(stack.gatewayUrls.map((_, gateway) => call(key, gateway)));
}

describe('the key of a team', () => {
  it('works on every gateway on the next request after the team was made', async () => {
    const team = await makeTeam();
    for (const answer of await everywhere(team.key)) expect(answer.status).toBe(200);
  });

  it('is dead after a rotation, on every gateway, and the new value works', async () => {
    const { id, key } = await makeTeam();
    await everywhere(key);
    const rotated = await admin.ok('POST', `/teams/${id}/rotate-key`);
    for (const answer of await everywhere(key)) expect(answer).toMatchObject({ code: 'virtual_key_not_found' });
    for (const answer of await everywhere(String(rotated['virtual_key']))) expect(answer.status).toBe(200);
  });

  it('may call nothing but what is assigned to the team', async () => {
    const { id, key } = await makeTeam({ model_groups: [] });
    expect(await call(key)).toMatchObject({ status: 403 });
    await admin.ok('PUT', `/teams/${id}/model-groups`, ['ChatAgent']);
    for (const answer of await everywhere(key)) expect(answer.status).toBe(200);
    expect(await call(key, 1, { model: 'openai/gpt-4o' })).toMatchObject({ status: 403 });
  });

  it('is refused before the provider without credits, and served again once some are allocated', async () => {
    const { id, key } = await makeTeam({ credits_allocated: 1 });
    expect((await call(key)).status).toBe(200);
    const served = (await simulator.entries()).length;
    for (const answer of await everywhere(key)) expect(answer).toMatchObject({ status: 402 });
    expect(await simulator.entries()).toHaveLength(served);

    await admin.ok('PUT', `/teams/${id}`, { credits_allocated: 3 });
    for (const answer of await everywhere(key)) expect(answer.status).toBe(200);
    // All three are used, also where the ledger does not know it yet: nothing is free to be taken back.
    expect(await admin.request('PUT', `/teams/${id}`, { credits_allocated: 2 })).toMatchObject({
      status: 400,
      body: { code: 'credits_insufficient' },
    });
  });
});

describe('suspension', () => {
  it.each([
    ['suspend', 'suspended'],
    ['pause', 'paused'],
  ])('%s of a team refuses the next call on every gateway, and says why; resume ends it', async (verb, status) => {
    const team = await makeTeam();
    await everywhere(team.key);
    const served = (await simulator.entries()).length;
    await admin.ok('PUT', `/teams/${team.id}/${verb}`);
    for (const answer of await everywhere(team.key)) {
      expect(answer).toMatchObject({
        status: 403,
        code: 'team_suspended',
        message: expect.stringContaining(`(${team.id})`),
        denied_by: { entity: 'team', entity_id: team.id, rule: 'status' },
        entity_status: status,
        remedy: expect.any(String),
      });
    }
    expect(await simulator.entries()).toHaveLength(served);
    const explained = await governance.request('POST', '/explain', {
      virtual_key_id: team.keyId,
      request: { model: 'ChatAgent', messages: [{ role: 'user', content: 'x' }] },
    });
    expect(explained.body).toMatchObject({
      admitted: false,
      refusal: { code: 'team_suspended', details: { entity_status: status } },
    });
    await admin.ok('PUT', `/teams/${team.id}/resume`);
    for (const answer of await everywhere(team.key)) expect(answer.status).toBe(200);
  });

  it('of an organization refuses every key under it, those of governance too', async () => {
    const team = await makeTeam();
    const direct = await governance.createVirtualKey({ name: `direct ${team.id}`, customer_id: team.tenantId });
    const second = await governance.createVirtualKey({ name: `second ${team.id}`, team_id: team.governanceTeamId });
    const keys = [team.key, direct.value, second.value];
    const models = ['ChatAgent', 'openai/gpt-4o-mini', 'ChatAgent'];
    const all = (): Promise<Called[]> =>
      Promise.all(keys.map((key, index) => call(key, index % 2, { model: models[index] })));
    for (const answer of await all()) expect(answer.status).toBe(200);

    await admin.ok('PUT', `/organizations/${team.organizationId}/suspend`);
    for (const answer of await all()) {
      expect(answer).toMatchObject({
        status: 403,
        code: 'organization_suspended',
        denied_by: { entity: 'organization', entity_id: team.organizationId },
      });
    }
    await admin.ok('PUT', `/organizations/${team.organizationId}/resume`);
    for (const answer of await all()) expect(answer.status).toBe(200);
  });

  it.each([
    ['cut', 'call_cut'],
    ['finish', '[DONE]'],
  ])('under the stream policy "%s" a running stream ends with %s', async (stream_policy, end) => {
    const team = await makeTeam();
    await governance.request('PUT', `/tenants/${team.tenantId}`, { stream_policy });
    const response = await sendChat({
      gatewayUrl: stack.gatewayUrls[1] ?? '',
      key: team.key,
      headers: { 'x-request-id': `${team.id}-stream` },
      body: {
        model: 'ChatAgent',
        stream: true,
        messages: simulated({ promptTokens: 5, completionTokens: 60, chunks: 60, chunkIntervalMs: 40 }),
      },
    });
    expect(response.status).toBe(200);
    const text = response.text();
    await waitFor(async () => ((await simulator.entriesOf(`${team.id}-stream`))[0]?.chunksSent ?? 0) >= 3, {
      what: 'the stream to have begun',
    });
    await admin.ok('PUT', `/teams/${team.id}/suspend`);
    expect((await text).trim().split('\n\n').at(-1)).toContain(end);
    expect(await call(team.key, 1)).toMatchObject({ code: 'team_suspended' });
  });
});

describe('deletion', () => {
  it('of a team kills every key of it at once', async () => {
    const team = await makeTeam();
    const second = await governance.createVirtualKey({ name: `other ${team.id}`, team_id: team.governanceTeamId });
    for (const key of [team.key, second.value]) await everywhere(key);
    const served = (await simulator.entries()).length;
    await admin.ok('DELETE', `/teams/${team.id}`);
    for (const key of [team.key, second.value]) {
      for (const answer of await everywhere(key)) expect(answer).toMatchObject({ code: 'virtual_key_not_found' });
    }
    expect(await simulator.entries()).toHaveLength(served);
  });

  it('of an organization kills every key under it at once', async () => {
    const team = await makeTeam();
    const direct = await governance.createVirtualKey({ name: `direct ${team.id}`, customer_id: team.tenantId });
    for (const key of [team.key, direct.value]) await everywhere(key);
    const path = `/organizations/${team.organizationId}`;
    expect(await admin.request('DELETE', path)).toMatchObject({ status: 400, body: { code: 'in_use' } });
    expect((await call(team.key)).status).toBe(200);
    await admin.ok('DELETE', `${path}?cascade=true`);
    for (const key of [team.key, direct.value]) {
      for (const answer of await everywhere(key)) expect(answer).toMatchObject({ code: 'virtual_key_not_found' });
    }
    expect(await governance.request('GET', `/customers/${team.tenantId}`)).toMatchObject({ status: 404 });
  });
});

describe('governance', () => {
  it('neither deletes nor moves what is managed here', async () => {
    const team = await makeTeam();
    const elsewhere = await governance.createCustomer({ name: `elsewhere ${team.id}` });
    const refusals: [string, string, unknown][] = [
      ['DELETE', `/teams/${team.governanceTeamId}`, undefined],
      ['DELETE', `/teams/${team.governanceTeamId}?cascade=true`, undefined],
      ['DELETE', `/customers/${team.tenantId}`, undefined],
      ['DELETE', `/customers/${team.tenantId}?cascade=true`, undefined],
      ['PUT', `/teams/${team.governanceTeamId}`, { customer_id: elsewhere.id }],
      ['PUT', `/teams/${team.governanceTeamId}`, { customer_id: null }],
      ['PUT', `/virtual-keys/${team.keyId}`, { customer_id: elsewhere.id }],
    ];
    for (const [method, path, body] of refusals) {
      expect(await governance.request(method, path, body)).toMatchObject({
        status: 409,
        body: { code: 'managed_by_admin', error: expect.stringContaining('admin API') },
      });
    }
    expect((await call(team.key)).status).toBe(200);
    expect(await governance.request('PUT', `/teams/${team.governanceTeamId}`, { name: 'Another name' })).toMatchObject({
      status: 200,
    });
  });

  it('may delete the key of a team: the team has none then, until it gets a new one', async () => {
    const team = await makeTeam();
    await governance.deleteVirtualKey(team.keyId);
    expect(await call(team.key)).toMatchObject({ code: 'virtual_key_not_found' });
    expect(await admin.ok('GET', `/teams/${team.id}`)).toMatchObject({ virtual_key: null, virtual_key_id: null });
    const { virtual_key } = await admin.ok('POST', `/teams/${team.id}/rotate-key`);
    for (const answer of await everywhere(String(virtual_key))) expect(answer.status).toBe(200);
  });
});
