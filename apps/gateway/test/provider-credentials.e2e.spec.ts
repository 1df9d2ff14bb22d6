import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenantKeys } from '@penstock/dto';
import {
  type GovernanceClient,
  governanceClient,
  LedgerReader,
  sendChat,
  simulated,
  simulatorClient,
  type Stack,
  startStack,
} from '@penstock/testing';
import { Redis } from 'ioredis';

import { RecordingProvider } from './support/recording-provider.js';

// Anything that JSON can hold; tests look into it freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any;

/** An organization with a key of its own. */
interface Organization {
  readonly id: string;
  readonly tenantId: string;
  readonly key: string;
}

const GATEWAYS_KEY = 'sk-of-the-gateway-1111';
/** What no log, answer or Redis may have. */
const SECRETS: string[] = [];

let stack: Stack;
let governance: GovernanceClient;
let redis: Redis;
let db: LedgerReader;
let recorder: RecordingProvider;
let organizations = 0;
let calls = 0;

beforeAll(async () => {
  recorder = await RecordingProvider.start();
  stack = await startStack({
    gateways: 2,
    env: { PENSTOCK_STORE_DEADLINE_MS: '5000', PENSTOCK_PROVIDER_ALLOWED_NETWORKS: '127.0.0.1/32' },
    appEnv: { gateway: { OPENAI_API_KEY: GATEWAYS_KEY } },
  });
  // The second gateway lets organizations go to public addresses only.
  await stack.gateways[1]?.restart({ PENSTOCK_PROVIDER_ALLOWED_NETWORKS: '' });
  governance = governanceClient(stack);
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  db = new LedgerReader(stack.databaseUrl);
});

afterAll(async () => {
  redis?.disconnect();
  await db?.close();
  await stack?.stop();
  await recorder?.close();
});

async function admin(method: string, path: string, body?: Json): Promise<Json> {
  const response = await fetch(`${stack.adminUrl}${path}`, {
    method,
    headers: { 'x-admin-key': stack.masterKey, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (response.status !== 200)
    throw new Error(`${method} ${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

async function createOrganization(): Promise<Organization> {
  organizations += 1;
  const { organization_id, customer_id } = await admin('POST', '/api/organizations/create', {
    organization_id: `org_${organizations}`,
    name: `Organization ${organizations}`,
  });
  const key = await governance.createVirtualKey({ name: `key of ${organization_id}`, customer_id });
  return { id: organization_id, tenantId: customer_id, key: key.value };
}

function newKey(): string {
  const key = `sk-of-an-organization-${SECRETS.length}-0123456789`;
  SECRETS.push(key);
  return key;
}

async function saveCredential({ id }: Organization, fields: Json = {}): Promise<{ id: string; key: string }> {
  const key = newKey();
  const saved = await admin('POST', '/api/provider-credentials/create', {
    organization_id: id,
    provider: 'openai',
    credential_name: 'Production',
    api_key: key,
    ...fields,
  });
  return { id: saved.credential_id, key };
}

interface Answer {
  readonly requestId: string;
  readonly status: number;
  readonly json: Json;
}

async function chat({ key }: Organization, body: Json = {}, gateway = 0): Promise<Answer> {
  calls += 1;
  const requestId = `credentials-${calls}.`;
  const response = await sendChat({
    gatewayUrl: stack.gatewayUrls[gateway] ?? '',
    key,
    headers: { 'x-request-id': requestId },
    body: { messages: simulated({ promptTokens: 5, completionTokens: 3 }), ...body },
  });
  return { requestId, status: response.status, json: JSON.parse(await response.text()) };
}

/** The Authorization that the simulator got with a call; undefined when it did not get the call. */
async function keyUpstream({ requestId }: Answer): Promise<string | undefined> {
  const entries = await simulatorClient(stack.simulatorUrl).entriesOf(requestId);
  expect(entries.length).toBeLessThan(2);
  return entries[0]?.authorization?.replace('Bearer ', '');
}

async function expectNothingHeld({ tenantId }: Organization): Promise<void> {
  expect(await redis.hlen(tenantKeys(tenantId).holds)).toBe(0);
}

async function withServer(server: Server, use: (origin: string) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    await use(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('an active credential', () => {
  it("goes out with its organization's calls and with nobody else's", async () => {
    const [one, other, none] = [await createOrganization(), await createOrganization(), await createOrganization()];
    const [ofOne, ofOther] = [await saveCredential(one), await saveCredential(other)];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => chat([one, other, none][index % 3] as Organization, {}, index % 2)),
    );

    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    const expected = [ofOne.key, ofOther.key, GATEWAYS_KEY];
    for (const [index, answer] of answers.entries()) expect(await keyUpstream(answer)).toBe(expected[index % 3]);
  });

  it('goes out with streams and with keys of teams of the organization too', async () => {
    const organization = await createOrganization();
    const { key } = await saveCredential(organization);
    const team = await governance.createTeam({
      name: `team of ${organization.id}`,
      customer_id: organization.tenantId,
    });
    const ofTeam = await governance.createVirtualKey({ name: `team key of ${organization.id}`, team_id: team.id });
    calls += 1;
    const requestId = `credentials-${calls}.`;
    const response = await sendChat({
      gatewayUrl: stack.gatewayUrl,
      key: ofTeam.value,
      headers: { 'x-request-id': requestId },
      body: { stream: true, messages: simulated({ promptTokens: 5, completionTokens: 3 }) },
    });
    expect(await response.text()).toContain('[DONE]');
    expect(await keyUpstream({ requestId, status: 200, json: null })).toBe(key);
  });

  it('governs the next call, on every gateway, whatever becomes of it', async () => {
    const organization = await createOrganization();
    const { id, key } = await saveCredential(organization);
    const path = `/api/provider-credentials/${id}`;
    const upstreamOfNext = async (): Promise<(string | undefined)[]> =>
      Promise.all((await Promise.all([chat(organization, {}, 0), chat(organization, {}, 1)])).map(keyUpstream));

    expect(await upstreamOfNext()).toEqual([key, key]);
    const replaced = newKey();
    await admin('PUT', path, { api_key: replaced });
    expect(await upstreamOfNext()).toEqual([replaced, replaced]);
    await admin('PUT', `${path}/deactivate`);
    expect(await upstreamOfNext()).toEqual([GATEWAYS_KEY, GATEWAYS_KEY]);
    await admin('PUT', `${path}/activate`);
    expect(await upstreamOfNext()).toEqual([replaced, replaced]);
    await admin('DELETE', path);
    expect(await upstreamOfNext()).toEqual([GATEWAYS_KEY, GATEWAYS_KEY]);
  });

  it('with an address leads there', async () => {
    const organization = await createOrganization();
    const { key } = await saveCredential(organization, { api_base: recorder.baseUrl });
    const answer = await chat(organization);

    expect(answer.status).toBe(200);
    expect(await keyUpstream(answer)).toBeUndefined();
    expect(recorder.last).toMatchObject({
      url: '/some/path/v1/chat/completions',
      headers: { authorization: `Bearer ${key}`, 'x-request-id': answer.requestId },
    });
  });

  it('makes a provider that the gateway lacks callable for its organization only', async () => {
    const [one, other] = [await createOrganization(), await createOrganization()];
    await saveCredential(one, { provider: 'groq', api_base: recorder.baseUrl });
    await saveCredential(one, { provider: 'my-vllm', api_base: recorder.baseUrl });
    const owners = async ({ key }: Organization): Promise<string[]> => {
      const response = await fetch(`${stack.gatewayUrl}/v1/models`, { headers: { 'x-bf-vk': key } });
      const { data } = (await response.json()) as { data: { owned_by: string }[] };
      return [...new Set(data.map(({ owned_by }) => owned_by))].toSorted();
    };

    expect((await chat(one, { model: 'groq/llama-3.1-8b-instant' })).status).toBe(200);
    expect((await chat(one, { model: 'my-vllm/whatever' })).status).toBe(200);
    expect(JSON.parse(recorder.last.body)).toMatchObject({ model: 'whatever' });
    expect(await owners(one)).toEqual(['groq', 'openai']);
    for (const model of ['groq/llama-3.1-8b-instant', 'my-vllm/whatever']) {
      expect(await chat(other, { model })).toMatchObject({ status: 400, json: { code: 'provider_not_configured' } });
    }
    expect(await owners(other)).toEqual(['openai']);
  });
});

describe('a credential that cannot be used', () => {
  it('refuses the call and names the credential; the key of the gateway never takes its place', async () => {
    const organization = await createOrganization();
    const { id } = await saveCredential(organization);
    await db.query('UPDATE saas.provider_credentials SET key_version = 99 WHERE credential_id = $1', [id]);
    // Raises the epoch.
    await admin('PUT', `/api/provider-credentials/${id}`, { credential_name: 'Sealed with a key of nobody' });
    const answer = await chat(organization);

    expect(answer).toMatchObject({ status: 503, json: { code: 'provider_credential_unusable' } });
    expect(JSON.stringify(answer.json)).toContain(id);
    expect(await keyUpstream(answer)).toBeUndefined();
    await expectNothingHeld(organization);
  });

  it('whose text was taken from another row is one of them', async () => {
    const [one, other] = [await createOrganization(), await createOrganization()];
    const [from, to] = [await saveCredential(one), await saveCredential(other)];
    await db.query(
      `UPDATE saas.provider_credentials SET key_ciphertext =
         (SELECT key_ciphertext FROM saas.provider_credentials WHERE credential_id = $1) WHERE credential_id = $2`,
      [from.id, to.id],
    );
    await admin('PUT', `/api/provider-credentials/${to.id}`, { credential_name: 'Stolen' });
    expect(await chat(other)).toMatchObject({ status: 503, json: { code: 'provider_credential_unusable' } });
  });

  it.each([401, 403])('because the provider answers %i is said to be refused', async (status) => {
    const organization = await createOrganization();
    const { id } = await saveCredential(organization);
    const answer = await chat(organization, { messages: simulated({ status }) });

    expect(answer).toMatchObject({ status: 502, json: { code: 'provider_credential_refused' } });
    expect(JSON.stringify(answer.json)).toContain(id);
    await expectNothingHeld(organization);
  });
});

describe('an address that an organization names', () => {
  it('is not connected to when the gateway does not vouch for its network', async () => {
    const organization = await createOrganization();
    await saveCredential(organization, { api_base: recorder.baseUrl });
    const seen = recorder.requests.length;

    expect(await chat(organization, {}, 1)).toMatchObject({
      status: 503,
      json: { code: 'provider_credential_unusable' },
    });
    expect(recorder.requests).toHaveLength(seen);
    expect((await chat(organization, {}, 0)).status).toBe(200);
    await expectNothingHeld(organization);
  });

  it('is judged by what its name resolves to when it is connected to', async () => {
    const organization = await createOrganization();
    let connections = 0;
    const server = createServer();
    server.on('connection', () => {
      connections += 1;
    });
    await withServer(server, async (address) => {
      await saveCredential(organization, { api_base: `https://localhost:${address.split(':')[1]}/v1` });
      const answer = await chat(organization, {}, 1);

      expect(answer).toMatchObject({ status: 503, json: { code: 'provider_credential_unusable' } });
      expect(JSON.stringify(answer.json)).toContain('not public');
      expect(JSON.stringify(answer.json)).not.toContain('127.0.0.1');
      expect(connections).toBe(0);
    });
    await expectNothingHeld(organization);
  });

  it.each(['http://169.254.169.254/latest', 'https://169.254.169.254/v1', 'https://10.0.0.1/v1'])(
    'may not be %s',
    async (api_base) => {
      await expect(saveCredential(await createOrganization(), { api_base })).rejects.toThrow('422');
    },
  );

  it('cannot send the gateway elsewhere', async () => {
    const organization = await createOrganization();
    const seen = recorder.requests.length;
    const server = createServer((_request, response) => {
      response.writeHead(307, { location: `${recorder.baseUrl}chat/completions` });
      response.end('{}');
    });
    await withServer(server, async (address) => {
      await saveCredential(organization, { api_base: `http://${address}/v1` });
      expect((await chat(organization)).status).toBe(307);
    });
    expect(recorder.requests).toHaveLength(seen);
    await expectNothingHeld(organization);
  });
});

it('and no key of an organization is in Redis or in a log', async () => {
  expect(SECRETS.length).toBeGreaterThan(10);
  const texts: string[] = [stack.logs()];
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 500);
    cursor = next;
    for (const key of keys) {
      texts.push(key);
      const type = await redis.type(key);
      if (type === 'string') texts.push((await redis.get(key)) ?? '');
      if (type === 'hash') texts.push(JSON.stringify(await redis.hgetall(key)));
      if (type === 'stream') texts.push(JSON.stringify(await redis.xrange(key, '-', '+')));
    }
  } while (cursor !== '0');
  const all = texts.join('\n');

  expect(all).toContain('sealedKey');
  expect(SECRETS.filter((secret) => all.includes(secret))).toEqual([]);
});
