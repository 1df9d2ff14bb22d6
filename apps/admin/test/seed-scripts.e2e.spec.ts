import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AdminClient, adminClient, sendChat, type Stack, startStack } from '@penstock/testing';

/**
 * What clients of the original rely on, told as three of them would use it: one that logs in, one that sets up tenants,
 * one that wants a key and calls with it. Each is run twice on the same data, because that is how they are used.
 */
let stack: Stack;
const EMAIL = 'seed-owner@example.com';
const PASSWORD = 'a long enough password';

beforeAll(async () => {
  // A busy machine is no reason to refuse a call.
  stack = await startStack({ env: { PENSTOCK_STORE_DEADLINE_MS: '5000' } });
});

afterAll(() => stack?.stop());

/** A client that shows a token, through the gateway's origin: one address for everything. */
function withToken(token: string): AdminClient['request'] {
  const client = adminClient(stack, stack.gatewayUrl);
  return (method, path, body) => client.request(method, path, body, { authorization: `Bearer ${token}` });
}

function withKey(): AdminClient['request'] {
  return adminClient(stack).request;
}

/** A creation that may have been done before: what tells is the text, as scripts look for it. */
async function ensure(client: AdminClient['request'], path: string, body: object): Promise<'made' | 'there'> {
  const answer = await client('POST', path, body);
  if (answer.status === 200) return 'made';
  expect(answer).toMatchObject({
    status: 400,
    body: { detail: expect.stringMatching(/already (?:exists|registered)/) },
  });
  return 'there';
}

describe('an operator who logs in', () => {
  const anonymous: AdminClient['request'] = (method, path, body) =>
    adminClient(stack, stack.gatewayUrl).request(method, path, body, {});

  /** The token of the owner, whoever made the account. */
  async function login(): Promise<string> {
    const setup = await anonymous('GET', '/admin-users/setup/status');
    const isFirst = setup.body['needs_setup'] === true;
    const path = isFirst ? '/admin-users/setup' : '/admin-users/login';
    const fields = { email: EMAIL, password: PASSWORD };
    const answer = await anonymous('POST', path, isFirst ? { ...fields, display_name: 'Owner' } : fields);
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer', user: { role: 'owner' } } });
    return String(answer.body['access_token']);
  }

  it.each(['first', 'second'])(
    'sets up or logs in, manages with either credential, and is refused with any other: %s run',
    async (run) => {
      const token = await login();
      const owner = withToken(token);
      const key = withKey();
      expect(await owner('GET', '/admin-users/me')).toMatchObject({ status: 200, body: { email: EMAIL } });
      for (const client of [owner, key]) {
        for (const path of ['/organizations', '/model-groups', '/teams']) {
          const answer = await client('GET', path);
          expect(answer.status).toBe(200);
          expect(Array.isArray(answer.body)).toBe(true);
        }
      }
      const organization_id = 'org_jwt';
      const made = run === 'first' ? 'made' : 'there';
      expect(await ensure(owner, '/organizations/create', { organization_id, name: 'Tokens' })).toBe(made);
      expect(await ensure(key, '/teams/create', { organization_id, team_id: 'team_jwt', model_groups: [] })).toBe(made);
      expect(
        await ensure(owner, '/admin-users', {
          email: 'second@example.com',
          display_name: 'Second',
          password: PASSWORD,
          role: 'admin',
        }),
      ).toBe(made);
      expect(await owner('GET', '/admin-users')).toMatchObject({ status: 200 });
      // Accounts are managed by who has one.
      const others: [AdminClient['request'], string][] = [
        [anonymous, '/admin-users'],
        [withToken('invalid-token'), '/admin-users'],
        [anonymous, '/organizations'],
        [withToken('invalid-token'), '/teams'],
      ];
      for (const [client, path] of others) expect((await client('GET', path)).status).toBe(401);
      expect((await owner('POST', '/admin-users/logout')).status).toBe(200);
      expect((await owner('GET', '/admin-users/me')).status).toBe(401);
    },
  );
});

describe('a script that sets up tenants', () => {
  it.each(['first', 'second'])('finds each thing made or there already, and reads it back: %s run', async (run) => {
    const client = withKey();
    const made = run === 'first' ? 'made' : 'there';
    const health = await fetch(`${stack.adminUrl}/health`);
    expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([200, expect.any(String)]);

    const organization_id = 'org_test_001';
    const metadata = { plan: 'dev' };
    expect(await ensure(client, '/organizations/create', { organization_id, name: 'Test', metadata })).toBe(made);
    expect(await client('GET', `/organizations/${organization_id}`)).toMatchObject({
      status: 200,
      body: { organization_id, metadata },
    });
    const group = {
      group_name: 'ResumeAgent',
      display_name: 'Resumes',
      description: 'Reads resumes',
      models: [
        { model_name: 'gpt-4-turbo', priority: 0 },
        { model_name: 'gpt-3.5-turbo', priority: 1 },
      ],
    };
    expect(await ensure(client, '/model-groups/create', group)).toBe(made);
    expect(await client('GET', '/model-groups/ResumeAgent')).toMatchObject({
      status: 200,
      body: { models: group.models.map((model) => expect.objectContaining(model)) },
    });
    const team = {
      organization_id,
      team_id: 'team_test_hr',
      team_alias: 'HR',
      model_groups: ['ResumeAgent'],
      credits_allocated: 100,
      metadata: { department: 'hr' },
    };
    expect(await ensure(client, '/teams/create', team)).toBe(made);
    expect(await client('GET', `/teams/${team.team_id}`)).toMatchObject({
      status: 200,
      body: {
        team_id: team.team_id,
        organization_id,
        model_groups: ['ResumeAgent'],
        metadata: team.metadata,
        virtual_key: expect.stringMatching(/^sk-/),
        credits: { credits_allocated: 100, credits_remaining: 100 },
      },
    });
    expect(await client('GET', `/organizations/${organization_id}/teams`)).toMatchObject({
      status: 200,
      body: { teams: expect.arrayContaining([expect.objectContaining({ team_id: team.team_id })]) },
    });
  });
});

describe('a script that wants a key and calls with it', () => {
  it.each(['first', 'second'])('gets the same working key every time: %s run', async (run) => {
    const client = withKey();
    const made = run === 'first' ? 'made' : 'there';
    const organization_id = 'org_demo_001';
    expect(await ensure(client, '/organizations/create', { organization_id, name: 'Demo' })).toBe(made);
    for (const group_name of ['ChatAgent', 'AnalysisAgent']) {
      const models = [{ model_name: 'gpt-4o-mini', priority: 0 }];
      expect(await ensure(client, '/model-groups/create', { group_name, display_name: group_name, models })).toBe(made);
    }
    const created = await client('POST', '/teams/create', {
      organization_id,
      team_id: 'team_demo_engineering',
      team_alias: 'Engineering',
      model_groups: ['ChatAgent', 'AnalysisAgent'],
      credits_allocated: 100,
      metadata: { department: 'engineering' },
    });
    const team = await client('GET', '/teams/team_demo_engineering');
    if (run === 'first') {
      expect(created).toMatchObject({
        status: 200,
        body: {
          virtual_key: team.body['virtual_key'],
          model_groups: ['AnalysisAgent', 'ChatAgent'],
          credits_allocated: 100,
          credits_remaining: 100,
          message: expect.any(String),
        },
      });
    } else {
      expect(created).toMatchObject({ status: 400, body: { detail: expect.stringContaining('already exists') } });
    }
    for (const model of ['ChatAgent', 'gpt-4o-mini']) {
      const response = await sendChat({
        gatewayUrl: stack.gatewayUrl,
        key: String(team.body['virtual_key']),
        credential: 'authorization',
        body: { model },
      });
      expect([response.status, await response.json()]).toMatchObject([200, { choices: [{ message: {} }] }]);
    }
  });
});
