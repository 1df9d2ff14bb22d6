import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { type ApiOperation, fuzzApi, fuzzScope } from '@penstock/testing';

import { type AdminApp, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { chargeJob, insertTeamWithCredits } from './support/credits.js';
import type { TestTeam } from './support/teams.js';

const { seed, count } = fuzzScope(1_000);
/** Generous: other work may share the machine. */
const TIMEOUT_MS = 60_000 + count * 60;

/** Few accounts and passwords, so that some logins are right. */
const PASSWORDS = ['correct horse', 'battery staple'];
/** The operator who is logged in; every request that may change the account is survived by logging in again. */
const ROOT = { email: 'root@example.com', display_name: 'Root', password: PASSWORDS[0] };
/** The team that shows its key where only teams may call, and now and then elsewhere. */
const TEAM = 'team-of-the-run';
const TEAM_EVERY = 19;
const LOGIN_EVERY = 20;
/** An organization's credential is made again this often. */
const CREDENTIAL_EVERY = 10;
const CREDENTIAL = {
  organization_id: 'org_a',
  provider: 'openai',
  api_key: 'sk-proj-0123456789',
  credential_name: 'Its',
};
const HINTS: Readonly<Record<string, readonly unknown[]>> = {
  organization_id: ['org_a', 'org_a', 'org b', 'org/c', 'o'],
  email: [
    ROOT.email,
    ROOT.email,
    'ada@example.com',
    'Ada@example.COM',
    'bob@example.com',
    'zoë@example.com',
    'ada@example.com\0',
    '\ud800@example.com',
    '"\u0001"@example.com',
    `${'x'.repeat(64)}@${'y'.repeat(63)}.com`,
    `${'x'.repeat(65)}@example.com`,
    'ada@localhost',
  ],
  password: [...PASSWORDS, ...PASSWORDS, 'pass \ud800 word', '\0\0\0\0\0\0\0\0', 'x'.repeat(1_025)],
  team_id: [TEAM],
  group_name: ['chat', 'résumés ✓', 'team/chat', 'x'.repeat(255)],
  model_name: ['gpt-4o', 'openai/gpt-4o-mini', 'own/one', 'nobody-knows', 'OpenAI/x'],
  model_alias: ['fast', 'best', 'openai/gpt-4o', 'a b'],
  access_group: ['chat', 'team/chat', 'nobody'],
  pricing_input: [0, 0.15, '2.5', 0.0000001, -1, '1e3', 1e21, null],
  pricing_output: [0, 10, '0.6', '0x1'],
  percent: [0, 20, '12.34', 100, 1.005, 999, -1],
  input_usd_per_mtok: [2.5, 2.5, '0.000001', null, 1e-7],
  output_usd_per_mtok: [10, 10, '0.6', null, 1e21],
  effective_from: [null, null, '2099-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'tomorrow'],
  effective_until: [null, null, '9999-12-31T23:59:59.999Z'],
  current_password: PASSWORDS,
  provider: ['openai', 'openai', 'OpenAI', 'my-vllm', 'Google', 'not a provider', 'x'.repeat(64)],
  credits: [1, 2, '3', 50, 0, -1, 1.5, 1_000_000_000_001],
  payment_type: ['subscription', 'one_time', 'gift'],
  payment_amount_usd: [0, 9.99, '10', -1, 1e-9, 1e21],
  refill_period: ['daily', 'weekly', 'monthly', 'hourly'],
  budget_mode: ['job_based', 'consumption_usd', 'consumption_tokens', 'by_mood'],
  credits_per_dollar: [10, 0.005, '2.5', 0, -1, 1e30, 1e-9],
  idempotency_key: ['once', 'twice', ' ', 'x'.repeat(201)],
  api_key: ['sk-proj-0123456789', 'sk-1', '', 'sk 1', 'sk-\u0000'],
  credential_name: ['Production', 'Test'],
  api_base: ['https://llm.example.com/v1', '', null, 'https://169.254.169.254/', 'http://llm.example.com', 'x'],
  new_password: [...PASSWORDS, 'seven77', 'pass \udfff word'],
};

describe(`generated requests (PENSTOCK_FUZZ_SEED=${seed}, PENSTOCK_FUZZ_COUNT=${count})`, () => {
  let admin: AdminApp;
  let rootId: string;
  let token: string;
  let team: TestTeam;

  beforeAll(async () => {
    admin = await startAdmin();
    const { body } = await admin.call('POST', '/api/admin-users/setup', ROOT);
    rootId = body.user.user_id;
    token = body.access_token;
    team = await insertTeamWithCredits(admin, TEAM, 1_000);
    // Something to refund.
    await chargeJob(admin, team, uuidv7(), 100);
    await admin.call('POST', '/api/organizations/create', { organization_id: 'org_a', name: 'Acme' });
  });
  afterAll(() => admin.stop());

  /** One request of some is the team's, the next of two is root's, whose login is renewed now and then. */
  async function credentialOf(index: number, { credentials }: ApiOperation): Promise<Record<string, string>> {
    if (index % CREDENTIAL_EVERY === 0) {
      // Refused while there is one: requests delete it and switch it off.
      await admin.call('POST', '/api/provider-credentials/create', CREDENTIAL);
    }
    if (index % LOGIN_EVERY === 0) {
      await admin.db.query(`UPDATE saas.admin_users SET is_active = true, role = 'owner' WHERE user_id = $1`, [rootId]);
      for (const password of PASSWORDS) {
        // Either is right: requests change the password from one to the other.
        // oxlint-disable-next-line no-await-in-loop
        const { body } = await admin.call('POST', '/api/admin-users/login', { ...ROOT, password });
        token = body.access_token ?? token;
      }
    }
    const isOfTeams = credentials.length > 0 && credentials.every((scheme) => scheme === 'teamKey');
    if (isOfTeams || index % TEAM_EVERY === 0) return team.headers;
    const isOfAccounts = credentials.length > 0 && credentials.every((scheme) => scheme === 'operatorToken');
    return isOfAccounts || index % 2 === 0 ? { authorization: `Bearer ${token}` } : { 'x-admin-key': MASTER_KEY };
  }

  it(
    'are answered as the document says',
    async () => {
      const { violations, neverSucceeded } = await fuzzApi({
        seed,
        count,
        baseUrl: await admin.listen(),
        credential: credentialOf,
        hints: (field) => HINTS[field],
        beforeEach: ({ advanceMs }) => admin.clock.advance(advanceMs),
      });

      expect(violations).toEqual([]);
      // Root's account is there already.
      expect(neverSucceeded).toEqual(['POST /api/admin-users/setup']);
    },
    TIMEOUT_MS,
  );

  it('leave every audit chain intact', async () => {
    const entries = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ order: { tenantId: 'ASC', position: 'ASC' } });
    const chains = Map.groupBy(entries, ({ tenantId }) => tenantId);

    expect(chains.size).toBeGreaterThan(0);
    expect([...chains].filter(([, chain]) => findBrokenLink(chain) !== -1)).toEqual([]);
  });
});
