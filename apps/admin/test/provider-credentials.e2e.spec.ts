import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { parseEncryptionKeys, SecretBox } from '@penstock/platform';

import { type AdminApp, type Answer, ENCRYPTION_KEYS, type Json, startAdmin } from './support/admin-app.js';
import { createUser, login } from './support/operators.js';

const KEY = 'sk-proj-0123456789abcdefWXYZ';
const PATH = '/api/provider-credentials';
const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

let admin: AdminApp;
let organizations = 0;

beforeAll(async () => {
  admin = await startAdmin();
});

afterAll(async () => {
  await admin.stop();
});

/** An organization that nothing else in this file uses. */
async function createOrganization(): Promise<{ id: string; tenantId: string }> {
  organizations += 1;
  const { body } = await admin.call('POST', '/api/organizations/create', {
    organization_id: `org_${organizations}`,
    name: 'Acme',
  });
  return { id: body.organization_id, tenantId: body.customer_id };
}

function post(organizationId: string, fields: Json = {}): Promise<Answer> {
  return admin.call('POST', `${PATH}/create`, {
    organization_id: organizationId,
    provider: 'openai',
    api_key: KEY,
    credential_name: 'Production',
    ...fields,
  });
}

async function create(organizationId: string, fields: Json = {}): Promise<Json> {
  const answer = await post(organizationId, fields);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

async function stored(id: string): Promise<Json> {
  const [row] = await admin.db.query<Json[]>('SELECT * FROM saas.provider_credentials WHERE credential_id = $1', [id]);
  return row;
}

async function epochOf(tenantId: string): Promise<number> {
  const [row] = await admin.db.query<Json[]>('SELECT epoch FROM governance.tenants WHERE id = $1', [tenantId]);
  return Number(row.epoch);
}

describe('POST /api/provider-credentials/create', () => {
  it('answers with the credential but not its key, which is stored sealed under its id', async () => {
    const { id } = await createOrganization();
    const body = await create(id, { provider: 'OpenAI', created_by: 'somebody else', include_api_key: true });

    expect(body).toEqual({
      credential_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      organization_id: id,
      provider: 'openai',
      credential_name: 'Production',
      api_base: null,
      is_active: true,
      created_at: '2026-01-15T12:00:00.000Z',
      updated_at: '2026-01-15T12:00:00.000Z',
      created_by: 'master-key',
      updated_by: 'master-key',
      has_api_key: true,
      key_hint: 'WXYZ',
    });
    const row = await stored(body.credential_id);
    expect(row.key_ciphertext.includes(KEY)).toBe(false);
    const box = new SecretBox(parseEncryptionKeys(ENCRYPTION_KEYS));
    const sealed = { ciphertext: row.key_ciphertext, keyVersion: row.key_version };
    expect(box.decrypt(sealed, body.credential_id)).toBe(KEY);
    expect(() => box.decrypt(sealed, UNKNOWN_ID)).toThrow('belongs to another id');
  });

  it('shows nothing of a short key', async () => {
    const { id } = await createOrganization();
    expect(await create(id, { api_key: 'sk-12345' })).toMatchObject({ has_api_key: true, key_hint: null });
  });

  it.each(['anthropic', 'Gemini', 'FIREWORKS', 'groq', 'mistral', 'deepseek'])(
    'knows where %s is',
    async (provider) => {
      const { id } = await createOrganization();
      expect(await create(id, { provider })).toMatchObject({ provider: provider.toLowerCase(), api_base: null });
    },
  );

  it('takes google for gemini, so that one provider has one credential', async () => {
    const { id } = await createOrganization();
    expect(await create(id, { provider: 'google' })).toMatchObject({ provider: 'gemini' });
    expect((await post(id, { provider: 'gemini' })).status).toBe(400);
  });

  it('takes any other provider that says where it is', async () => {
    const { id } = await createOrganization();
    const api_base = 'https://llm.example.com/v1/';
    expect(await create(id, { provider: 'my-vllm', api_base })).toMatchObject({
      provider: 'my-vllm',
      api_base: 'https://llm.example.com/v1',
    });
    expect(await post(id, { provider: 'cohere' })).toMatchObject({
      status: 400,
      body: { code: 'provider_unsupported', detail: expect.stringContaining('api_base') },
    });
    expect(await post(id, { provider: 'a/b' })).toMatchObject({ status: 400, body: { code: 'provider_unsupported' } });
  });

  it('refuses the second active one of a provider with 400 "already has"', async () => {
    const { id } = await createOrganization();
    await create(id);
    expect(await post(id, { provider: 'OPENAI' })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('already has'), code: 'already_exists' },
    });
    await create(id, { provider: 'groq' });
  });

  it('lets exactly one of many parallel calls create it', async () => {
    const { id, tenantId } = await createOrganization();
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(11);
    // The losers leave nothing behind: neither an epoch nor an audit entry.
    expect(await epochOf(tenantId)).toBe(2);
  });

  it('answers 404 for an organization that is not there', async () => {
    expect(await post('org_nobody')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it.each<[string, Json, string]>([
    ['no key', { api_key: undefined }, 'api_key'],
    ['an empty key', { api_key: '' }, 'api_key'],
    ['a key with a line break', { api_key: 'sk-1\r\nx-evil: 1' }, 'api_key'],
    ['a key that is no text', { api_key: 5 }, 'api_key'],
    ['no provider', { provider: undefined }, 'provider'],
    ['no name', { credential_name: '' }, 'credential_name'],
    ['a NUL in the organization', { organization_id: 'a\0' }, 'organization_id'],
    ['an api_base that is no text', { api_base: 5 }, 'api_base'],
  ])('answers 422 for %s', async (_, fields, place) => {
    const answer = await post('org_1', fields);
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect(answer.body.detail[0].loc).toEqual(['body', place]);
    expect(JSON.stringify(answer.body)).not.toContain('x-evil');
  });

  it.each([
    'http://llm.example.com/v1',
    'https://169.254.169.254/latest',
    'https://127.0.0.1:8443',
    'https://[::ffff:10.0.0.1]/v1',
    'https://2852039166/',
    'https://user:secret@llm.example.com/v1',
    'https://llm.example.com/v1?key=secret',
    'https://llm.example.com/v1#x',
    'file:///etc/passwd',
    'llm.example.com',
  ])('does not let calls go to %s', async (api_base) => {
    const answer = await post('org_1', { provider: 'my-vllm', api_base });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatchObject([{ loc: ['body', 'api_base'] }]);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });
});

describe('reads', () => {
  it('never show a key, whatever is asked', async () => {
    const { id } = await createOrganization();
    const { credential_id } = await create(id);
    const paths = [
      `${PATH}?organization_id=${id}&include_api_key=true`,
      `${PATH}/${credential_id}?include_api_key=true`,
      `${PATH}/organization/${id}?include_api_key=true`,
      `${PATH}/organization/${id}/provider/OpenAI?include_api_key=true`,
    ];
    for (const path of paths) {
      const answer = await admin.call('GET', path);
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).toContain(credential_id);
      expect(JSON.stringify(answer.body)).not.toContain(KEY);
      expect(JSON.stringify(answer.body)).not.toContain('ciphertext');
    }
  });

  it('leave out what is not in use unless asked', async () => {
    const { id } = await createOrganization();
    const first = await create(id);
    admin.clock.advance(1_000);
    const second = await create(id, { provider: 'groq' });
    await admin.call('PUT', `${PATH}/${first.credential_id}/deactivate`);
    const ids = async (query: string): Promise<string[]> => {
      const { body } = await admin.call('GET', `${PATH}?organization_id=${id}${query}`);
      return body.map(({ credential_id }: Json) => credential_id);
    };

    expect(await ids('')).toEqual([second.credential_id]);
    expect(await ids('&active_only=False')).toEqual([first.credential_id, second.credential_id]);
    expect(await ids('&active_only=false&provider=OPENAI')).toEqual([first.credential_id]);
    const all = await admin.call('GET', `${PATH}/organization/${id}?active_only=false`);
    expect(all.body).toMatchObject({ organization_id: id, credentials: [{}, {}] });
    expect((await admin.call('GET', `${PATH}/organization/${id}`)).body.credentials).toHaveLength(1);
    expect((await admin.call('GET', `${PATH}/organization/${id}/provider/openai`)).status).toBe(404);
  });

  it('show one organization nothing of another', async () => {
    const [one, other] = [await createOrganization(), await createOrganization()];
    await create(one.id);
    expect((await admin.call('GET', `${PATH}?organization_id=${other.id}`)).body).toEqual([]);
    expect((await admin.call('GET', `${PATH}/organization/${other.id}`)).body.credentials).toEqual([]);
  });

  it.each<[string, number]>([
    [`${PATH}/${UNKNOWN_ID}`, 404],
    [`${PATH}/not-a-uuid`, 422],
    [`${PATH}/organization/nobody`, 404],
    [`${PATH}/organization/%00`, 404],
    [`${PATH}/organization/nobody/provider/openai`, 404],
    [`${PATH}/organization/org_1/provider/no-such-provider`, 400],
    [`${PATH}/organization/org_1/provider/%2e%2e%2f`, 400],
    [`${PATH}?provider=no-such-provider`, 400],
    [`${PATH}?active_only=maybe`, 422],
  ])('answer %s with %i', async (path, status) => {
    expect((await admin.call('GET', path)).status).toBe(status);
  });
});

describe('changes', () => {
  it('replace the key, the name and the address; what is absent stays', async () => {
    const { id } = await createOrganization();
    const { credential_id } = await create(id);
    const before = await stored(credential_id);
    admin.clock.advance(60_000);
    const answer = await admin.call('PUT', `${PATH}/${credential_id}`, {
      api_key: 'sk-proj-another-key-9876',
      api_base: 'https://eu.example.com/v1',
      updated_by: 'somebody else',
    });

    expect(answer).toMatchObject({
      status: 200,
      body: {
        credential_name: 'Production',
        api_base: 'https://eu.example.com/v1',
        key_hint: '9876',
        updated_by: 'master-key',
        is_active: true,
      },
    });
    expect(answer.body.updated_at > answer.body.created_at).toBe(true);
    expect((await stored(credential_id)).key_ciphertext).not.toEqual(before.key_ciphertext);
    const back = await admin.call('PUT', `${PATH}/${credential_id}`, { api_base: '', credential_name: 'Renamed' });
    expect(back.body).toMatchObject({ api_base: null, credential_name: 'Renamed', key_hint: '9876' });
  });

  it('cannot take the address from a provider that is nowhere else', async () => {
    const { id } = await createOrganization();
    const { credential_id } = await create(id, { provider: 'my-vllm', api_base: 'https://llm.example.com' });
    const answer = await admin.call('PUT', `${PATH}/${credential_id}`, { api_base: '' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'provider_unsupported' } });
  });

  it('does not send a stored key to another server: that needs the key again', async () => {
    const { id } = await createOrganization();
    const { credential_id } = await create(id, { provider: 'my-vllm', api_base: 'https://llm.example.com/v1' });
    const change = (body: object): Promise<Answer> => admin.call('PUT', `${PATH}/${credential_id}`, body);

    expect(await change({ api_base: 'https://thief.example.com/v1' })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'api_key'] }] },
    });
    expect((await change({ api_base: 'https://llm.example.com/v2' })).status).toBe(200);
    const moved = { api_base: 'https://other.example.com', api_key: 'sk-of-the-other-server' };
    expect((await change(moved)).body).toMatchObject({ api_base: 'https://other.example.com' });
  });

  it('check an address as creation does', async () => {
    const { id } = await createOrganization();
    const { credential_id } = await create(id);
    const answer = await admin.call('PUT', `${PATH}/${credential_id}`, { api_base: 'https://169.254.169.254/' });
    expect(answer.status).toBe(422);
    expect((await admin.call('PUT', `${PATH}/${credential_id}`, { api_key: '' })).status).toBe(422);
  });

  it('switch a credential off and on, but not on beside another one', async () => {
    const { id } = await createOrganization();
    const first = await create(id);
    const off = await admin.call('PUT', `${PATH}/${first.credential_id}/deactivate`);
    expect(off).toMatchObject({
      status: 200,
      body: { credential_id: first.credential_id, is_active: false, message: expect.any(String) },
    });
    const second = await create(id);
    for (const change of [
      () => admin.call('PUT', `${PATH}/${first.credential_id}/activate`),
      () => admin.call('PUT', `${PATH}/${first.credential_id}`, { is_active: true }),
    ]) {
      expect(await change()).toMatchObject({ status: 400, body: { detail: expect.stringContaining('already has') } });
    }
    await admin.call('DELETE', `${PATH}/${second.credential_id}`);
    const on = await admin.call('PUT', `${PATH}/${first.credential_id}/activate`);
    expect(on).toMatchObject({ status: 200, body: { credential_id: first.credential_id, is_active: true } });
  });

  it('delete for good', async () => {
    const { id } = await createOrganization();
    const { credential_id } = await create(id);
    const answer = await admin.call('DELETE', `${PATH}/${credential_id}`);
    expect(answer).toMatchObject({ status: 200, body: { credential_id, message: expect.any(String) } });
    expect(await stored(credential_id)).toBeUndefined();
    expect((await admin.call('DELETE', `${PATH}/${credential_id}`)).status).toBe(404);
  });

  it.each(['', '/activate', '/deactivate'])(
    'answer 404 for an id that names nothing, 422 for none: PUT %s',
    async (end) => {
      expect((await admin.call('PUT', `${PATH}/${UNKNOWN_ID}${end}`, {})).status).toBe(404);
      expect((await admin.call('PUT', `${PATH}/nothing${end}`, {})).status).toBe(422);
    },
  );

  it('raise the epoch of their tenant only, and only when something changed', async () => {
    const [one, other] = [await createOrganization(), await createOrganization()];
    const { credential_id } = await create(one.id);
    expect(await epochOf(one.tenantId)).toBe(2);
    await admin.call('PUT', `${PATH}/${credential_id}`, { credential_name: 'Production' });
    await admin.call('PUT', `${PATH}/${credential_id}/activate`);
    expect(await epochOf(one.tenantId)).toBe(2);
    await admin.call('PUT', `${PATH}/${credential_id}/deactivate`);
    expect(await epochOf(one.tenantId)).toBe(3);
    expect(await epochOf(other.tenantId)).toBe(1);
  });

  it('are audited in the chain of the tenant, without the key', async () => {
    const { id, tenantId } = await createOrganization();
    const { credential_id } = await create(id);
    await admin.call('PUT', `${PATH}/${credential_id}`, { api_key: 'sk-proj-another-key-9876' });
    await admin.call('PUT', `${PATH}/${credential_id}/deactivate`);
    await admin.call('DELETE', `${PATH}/${credential_id}`);
    const chain = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ where: { tenantId }, order: { position: 'ASC' } });
    const entries = chain.filter(({ entityId }) => entityId === credential_id);

    expect(entries.map(({ action }) => action)).toEqual([
      'provider_credential.created',
      'provider_credential.updated',
      'provider_credential.deactivated',
      'provider_credential.deleted',
    ]);
    expect(entries[1]).toMatchObject({
      before: { key_hint: 'WXYZ', api_key: '[redacted]' },
      after: { key_hint: '9876', api_key: '[redacted, replaced]' },
    });
    expect(JSON.stringify(entries)).not.toMatch(/sk-proj/);
    expect(findBrokenLink(chain)).toBe(-1);
  });
});

it('role user reads credentials and changes none', async () => {
  const { id } = await createOrganization();
  const { credential_id } = await create(id);
  const { email } = await createUser(admin, 'user');
  const credential = await login(admin, email);

  expect((await admin.call('GET', `${PATH}/${credential_id}`, undefined, credential)).status).toBe(200);
  expect((await admin.call('DELETE', `${PATH}/${credential_id}`, undefined, credential)).status).toBe(403);
  expect((await admin.call('PUT', `${PATH}/${credential_id}/deactivate`, {}, credential)).status).toBe(403);
});
