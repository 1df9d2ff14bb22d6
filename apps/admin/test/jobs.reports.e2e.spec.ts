import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7 } from '@penstock/domain';
import { JobBooks, NO_ACCOUNT } from '@penstock/management';
import type { JobEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';

import { type AdminApp, startAdmin } from './support/admin-app.js';
import { insertTeam, type TestTeam } from './support/teams.js';
import { sumUsageDays } from './support/usage-sums.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

let admin: AdminApp;
let team: TestTeam;
let quiet: TestTeam;
let accountId: string;
let tenantId: string;

beforeAll(async () => {
  admin = await startAdmin();
  team = await insertTeam(admin, 'busy');
  quiet = await insertTeam(admin, 'quiet');
  [{ customer_id: tenantId }] = await admin.db.query(
    'SELECT customer_id FROM saas.organizations WHERE organization_id = $1',
    [team.organizationId],
  );
  accountId = uuidv7();
  await admin.db.query(
    `INSERT INTO ledger.credit_accounts (id, kind, tenant_id, governance_team_id, team_id, organization_id, budget_mode,
       credits_per_dollar, tokens_per_credit, allocated_credits, used_credits, overdraft_credits, auto_refill,
       created_at, updated_at)
     VALUES ($1, 'team', $2, $3, $4, $5, 'job_based', 10, 10000, 0, 0, 0, false, now(), now())`,
    [accountId, tenantId, team.governanceTeamId, team.teamId, team.organizationId],
  );
  for (const [day, jobType, calls] of [
    ['2026-01-30', 'summary', [null, 'it broke']],
    ['2026-01-31', 'summary', [null]],
    ['2026-01-31', 'report', []],
    ['2026-02-01', 'report', [null, null, null]],
  ] as const) {
    await addJob(day, jobType, calls);
  }
  await admin.db.query(
    `INSERT INTO ledger.usage_daily (id, day, tenant_id, virtual_key_id, team_id, customer_id, provider, model, calls,
       calls_estimated, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
       reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units, tokens, cost_nano_usd,
       client_cost_nano_usd, credits)
     VALUES ($1, '2026-01-31', $2, $3, $4, $2, 'openai', 'gpt-4o', 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000,
       1000000000, 1500000000, 3),
       ($5, '2026-02-01', $2, $3, $4, $2, 'groq', 'llama', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 1, 500000000, 0)`,
    [uuidv7(), tenantId, team.keyId, team.governanceTeamId, uuidv7()],
  );
  await sumUsageDays(admin);
});

afterAll(() => admin.stop());

/** A job of that day, whose calls ended so: null stands for success. */
async function addJob(day: string, jobType: string, calls: readonly (string | null)[]): Promise<string> {
  const books = admin.service(JobBooks);
  const now = new Date(`${day}T12:00:00Z`);
  const ctx: RequestContext = {
    requestId: 'test',
    actor: { kind: 'system', id: 'test' },
    ip: '',
    userAgent: '',
    nowMs: now.getTime(),
  };
  const jobId = uuidv7(now.getTime());
  const job = {
    jobId,
    tenantId,
    accountId,
    teamId: team.teamId,
    organizationId: team.organizationId,
    userId: null,
    jobType,
    status: 'pending',
    isSingleCall: false,
    metadata: { day },
    errorMessage: null,
    budgetMode: 'job_based',
    hundredthsPerDollar: 1_000n,
    tokensPerCredit: 10_000n,
    createdAt: now,
    startedAt: null,
    endedAt: null,
    lastActiveAt: now,
    creditsCharged: 0n,
    creditsRemaining: null,
    calls: 0,
    successfulCalls: 0,
    failedCalls: 0,
    tokens: 0n,
    clientCostNanoUsd: 0n,
    microCredits: 0n,
    latencyMs: 0n,
    modelsUsed: [],
  } satisfies JobEntity;
  await admin.db.transaction((tx) => books.insert(tx, job as JobEntity));
  for (const error of calls) {
    const callId = uuidv7(now.getTime());
    const call = { callId, purpose: 'draft', modelRequested: 'gpt-4o', isStream: false, now };
    await books.beginCall(ctx, jobId, call, undefined);
    const account =
      error === null
        ? {
            ...NO_ACCOUNT,
            attempts: 1,
            promptTokens: 70n,
            completionTokens: 30n,
            tokens: 100n,
            clientCostNanoUsd: 4_000_000n,
            modelUsed: 'gpt-4o',
            provider: 'openai',
          }
        : NO_ACCOUNT;
    await books.finishCall(ctx, { jobId, callId }, { error, latencyMs: 200 }, account);
  }
  return jobId;
}

describe('GET /api/teams/{id}/usage', () => {
  it.each([
    ['2026', 4, 500, 0.02],
    ['2026-01', 3, 200, 0.01],
    ['2026-01-31', 2, 100, 0],
    ['2026-03', 0, 0, 0],
  ])('of %s sums %d jobs', async (period, jobs, tokens, cost) => {
    const { status, body } = await admin.call('GET', `/api/teams/busy/usage?period=${period}`, undefined, team.headers);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      team_id: 'busy',
      period,
      summary: { total_jobs: jobs, total_tokens: tokens, total_cost_usd: cost, successful_jobs: 0, failed_jobs: 0 },
    });
  });

  it('shows the types of jobs, and what one costs on average', async () => {
    const { body } = await admin.call('GET', '/api/teams/busy/usage?period=2026', undefined, team.headers);
    expect(body.job_types).toEqual({
      report: { count: 2, cost_usd: 0.012 },
      summary: { count: 2, cost_usd: 0.008 },
    });
    expect(body.summary.avg_cost_per_job).toBe(0.005);
  });

  it('answers 422 without a period that is one, and 403 to another team', async () => {
    for (const query of ['', '?period=', '?period=2026-13', '?period=soon']) {
      expect((await admin.call('GET', `/api/teams/busy/usage${query}`, undefined, team.headers)).status).toBe(422);
    }
    expect((await admin.call('GET', '/api/teams/busy/usage?period=2026', undefined, quiet.headers)).status).toBe(403);
  });
});

describe('GET /api/teams/{id}/jobs', () => {
  it('lists newest first, page by page and by status in any case', async () => {
    const list = async (query: string) => admin.call('GET', `/api/teams/busy/jobs${query}`, undefined, team.headers);
    const { body } = await list('');
    expect(body).toMatchObject({ team_id: 'busy', total: 4 });
    expect(body.jobs[0].metadata).toEqual({ day: '2026-02-01' });
    const page = await list('?limit=1&offset=3');
    expect(page.body.jobs).toMatchObject([{ metadata: { day: '2026-01-30' }, status: 'in_progress' }]);
    expect((await list('?status=PENDING')).body.jobs).toMatchObject([{ job_type: 'report' }]);
    expect((await list('?status=nonsense')).status).toBe(422);
    expect((await list('?limit=-1')).status).toBe(422);
    expect((await list('?limit=0')).status).toBe(422);
  });
});

describe('GET /api/jobs/teams/{team_id}', () => {
  const page = (query = '') => admin.call('GET', `/api/jobs/teams/busy${query}`);

  it('counts all jobs and shows a page of them', async () => {
    const { status, body } = await page('?page=2&page_size=3');
    expect(status).toBe(200);
    expect(body).toMatchObject({ total: 4, page: 2, page_size: 3, total_pages: 2 });
    expect(body.jobs).toMatchObject([
      {
        job_type: 'summary',
        total_calls: 2,
        successful_calls: 1,
        failed_calls: 1,
        retry_count: 1,
        total_tokens: 100,
        total_cost_usd: 0.004,
        avg_latency_ms: 200,
        credit_applied: false,
      },
    ]);
  });

  it.each([
    ['?status=In_Progress', 3],
    ['?status=pending', 1],
    ['?job_type=report', 2],
    ['?start_date=2026-01-31', 3],
    ['?end_date=2026-01-31', 3],
    ['?start_date=2026-01-31&end_date=2026-01-31', 2],
    ['?start_date=2026-01-31T12:00:01Z', 1],
  ])('%s finds %d', async (query, count) => {
    const { body } = await page(query);
    expect(body.total).toBe(count);
    expect(body.jobs).toHaveLength(count);
  });

  it('finds jobs by a part of their id', async () => {
    const { body } = await page();
    const [{ job_id: jobId }] = body.jobs;
    expect((await page(`?job_id_filter=${jobId.slice(-12).toUpperCase()}`)).body.total).toBe(1);
    expect((await page('?job_id_filter=nothing')).body.total).toBe(0);
    expect((await page('?job_id_filter=%25')).body.total).toBe(0);
    expect((await page('?job_id_filter=%00')).body.total).toBe(0);
  });

  it.each([
    ['?status=nonsense', 400],
    ['?start_date=soon', 400],
    ['?end_date=2026-02-30', 400],
    ['?page=0', 422],
    ['?page_size=101', 422],
    ['?page=x', 422],
  ])('answers %s with %d', async (query, status) => {
    expect((await page(query)).status).toBe(status);
  });

  it('answers 404 for a team that is none', async () => {
    expect((await admin.call('GET', '/api/jobs/teams/nobody')).status).toBe(404);
    expect((await admin.call('GET', '/api/jobs/teams/%00')).status).toBe(404);
  });

  it('shows one job with its calls, without prompts and answers', async () => {
    const { body } = await page('?page=2&page_size=3');
    const [{ job_id: jobId }] = body.jobs;
    const one = await admin.call('GET', `/api/jobs/teams/busy/${jobId}`);
    expect(one.body.calls).toMatchObject([
      { model_used: 'openai/gpt-4o', model_group_used: 'gpt-4o', cost_usd: 0.004, error: null, request_data: null },
      { model_used: null, cost_usd: 0, error: 'it broke', attempts: 0, response_data: null },
    ]);
    expect((await admin.call('GET', `/api/jobs/teams/quiet/${jobId}`)).status).toBe(404);
    expect((await admin.call('GET', '/api/jobs/teams/busy/nonsense')).status).toBe(400);
    expect((await admin.call('GET', `/api/jobs/teams/busy/${UNKNOWN_ID}`)).status).toBe(404);
  });
});

describe('GET /api/jobs/organizations/{id}', () => {
  it('sums jobs, calls and credits', async () => {
    const { body } = await admin.call('GET', `/api/jobs/organizations/${team.organizationId}/stats`);
    expect(body).toEqual({
      organization_id: team.organizationId,
      organization_name: team.organizationId,
      total_jobs: 4,
      completed_jobs: 0,
      failed_jobs: 0,
      cancelled_jobs: 0,
      in_progress_jobs: 4,
      total_teams: 1,
      total_llm_calls: 6,
      successful_calls: 5,
      failed_calls: 1,
      total_tokens: 500,
      total_cost_usd: 0.02,
      total_credits_used: 3,
      top_teams: [{ team_id: 'busy', job_count: 4, credits_used: 3 }],
    });
    const { body: day } = await admin.call(
      'GET',
      `/api/jobs/organizations/${team.organizationId}/stats?start_date=2026-02-01&end_date=2026-02-01`,
    );
    expect(day).toMatchObject({ total_jobs: 1, total_llm_calls: 3, total_credits_used: 0 });
  });

  it('sums every call by day, team, model and provider', async () => {
    const { body } = await admin.call('GET', `/api/jobs/organizations/${team.organizationId}/analytics`);
    expect(body).toEqual({
      organization_id: team.organizationId,
      organization_name: team.organizationId,
      total_spend: 2,
      total_requests: 6,
      successful_requests: 5,
      failed_requests: 1,
      total_tokens: 1_050,
      daily_spend: [
        { date: '2026-01-31', spend: 1.5 },
        { date: '2026-02-01', spend: 0.5 },
      ],
      spend_per_team: [{ team_id: 'busy', spend: 2, successful: 5, failed: 1, tokens: 1_050 }],
      top_models: [
        { model: 'openai/gpt-4o', spend: 1.5, count: 4 },
        { model: 'groq/llama', spend: 0.5, count: 1 },
      ],
      provider_usage: [
        { provider: 'openai', spend: 1.5, successful: 4, failed: 0, tokens: 1_000 },
        { provider: 'groq', spend: 0.5, successful: 1, failed: 0, tokens: 50 },
        { provider: 'none', spend: 0, successful: 0, failed: 1, tokens: 0 },
      ],
    });
  });

  it.each([
    ['2026-01-01', '2026-01-31', 1.5, 1],
    ['2026-01-31', '2026-01-31', 1.5, 1],
    ['2026-01-31', '2026-02-01', 2, 2],
    ['2026-01-15', '2026-02-28', 2, 2],
    ['2026-02-01', '2026-12-31', 0.5, 1],
    ['2026-02-02', '2026-03-01', 0, 0],
  ])('sums the same from %s to %s by month, by day and by model', async (first, last, spend, models) => {
    const { body } = await admin.call(
      'GET',
      `/api/jobs/organizations/${team.organizationId}/analytics?start_date=${first}&end_date=${last}`,
    );
    const sum = (rows: readonly { spend: number }[]): number => rows.reduce((total, row) => total + row.spend, 0);
    const sums = [body.daily_spend, body.spend_per_team, body.top_models, body.provider_usage].map(sum);
    expect([body.total_spend, ...sums]).toEqual([spend, spend, spend, spend, spend]);
    expect(body.top_models).toHaveLength(models);
  });

  it('knows neither organizations nor dates that are none', async () => {
    for (const report of ['stats', 'analytics']) {
      expect((await admin.call('GET', `/api/jobs/organizations/nobody/${report}`)).status).toBe(404);
      expect(
        (await admin.call('GET', `/api/jobs/organizations/${team.organizationId}/${report}?start_date=x`)).status,
      ).toBe(400);
    }
  });
});
