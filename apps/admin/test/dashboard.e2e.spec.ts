import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type AdminApp, startAdmin } from './support/admin-app.js';

let admin: AdminApp;

beforeAll(async () => {
  admin = await startAdmin();
});

afterAll(() => admin?.stop());

async function addDay(daysAgo: number, calls: number, costNanoUsd: string): Promise<void> {
  const day = new Date(admin.clock.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
  await admin.db.query(
    `INSERT INTO ledger.usage_daily (id, day, tenant_id, virtual_key_id, provider, model, calls, calls_estimated,
       input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
       input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units, tokens, cost_nano_usd,
       client_cost_nano_usd, credits)
     VALUES ($1, $2, $1, $1, 'openai', 'm', $3::bigint, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, $3::bigint * 10, $4::numeric, $4::numeric * 2, 0)`,
    [randomUUID(), day, calls, costNanoUsd],
  );
}

describe('GET /api/stats/dashboard', () => {
  it('counts what there is, and sums days to the nano-dollar', async () => {
    const empty = await admin.call('GET', '/api/stats/dashboard');
    expect(empty).toMatchObject({
      status: 200,
      body: { organizations: 0, teams: 0, modelGroups: 0, totalCredits: 0, creditsRemaining: 0, creditsUsed: 0 },
    });

    for (const id of ['dash_a', 'dash_b']) {
      await admin.call('POST', '/api/organizations/create', {
        organization_id: id,
        name: id,
        create_default_team: false,
      });
    }
    await admin.call('POST', '/api/model-groups/create', { group_name: 'DashGroup', models: [] });
    const team = { organization_id: 'dash_a', team_id: 'dash_team', credits_allocated: 70 };
    expect((await admin.call('POST', '/api/teams/create', team)).status).toBe(200);
    expect((await admin.call('PUT', '/api/organizations/dash_b/suspend')).status).toBe(200);
    await addDay(0, 3, '9007199254740993001');
    await addDay(29, 4, '1');
    await addDay(30, 1_000, '5');

    const { body } = await admin.call('GET', '/api/stats/dashboard');
    expect(body).toMatchObject({
      organizations: 1,
      teams: 1,
      modelGroups: 1,
      totalCredits: 70,
      creditsRemaining: 70,
      creditsUsed: 0,
      open_jobs: 0,
      today: { calls: 3, tokens: 30 },
      last_30_days: { calls: 7, tokens: 70 },
    });
    const text = await fetch(`${await admin.listen()}/api/stats/dashboard`, {
      headers: { 'x-admin-key': 'master-key-of-the-test' },
    }).then((answer) => answer.text());
    expect(text).toContain('"cost_usd":9007199254.740993001');
    expect(text).toContain('"client_cost_usd":18014398509.481986004');
  });
});
