import type pg from 'pg';
import { CALLS_PER_JOB, type ReportsOptions } from './reports-options.js';
import type { SeededOrganization } from './seed-organization.js';

/** One job of so many fails, and the last call of it is one that no provider served. */
const FAILING_JOB = 11;

/**
 * Writes the calls and jobs of a year, and then the sums that the worker and the admin API would have kept of them.
 * Calls come evenly; two fifths belong to the first team.
 */
export async function seedUsageYear(
  database: pg.Client,
  organization: SeededOrganization,
  options: ReportsOptions,
): Promise<void> {
  await createPartitions(database);
  await describeTeams(database, organization);
  await planJobs(database, options.jobs);
  await database.query(INSERT_JOBS, [organization.tenantId, organization.id]);
  await database.query(INSERT_JOB_CALLS);
  await database.query(INSERT_EVENTS_OF_JOBS, [organization.tenantId]);
  await database.query(INSERT_OTHER_EVENTS, [organization.tenantId, options.usageEvents]);
  for (const statement of SUM_USAGE) await database.query(statement);
  await database.query(SUM_JOBS);
}

/** The worker makes partitions as time goes by; those of the past would be there. */
async function createPartitions(database: pg.Client): Promise<void> {
  await database.query(`DO $$
    DECLARE month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC') - interval '13 months';
    BEGIN
      WHILE month <= now() AT TIME ZONE 'UTC' LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS ledger.%I PARTITION OF ledger.usage_events FOR VALUES FROM (%L) TO (%L)',
          'usage_events_' || to_char(month, 'YYYY_MM'), month AT TIME ZONE 'UTC',
          (month + interval '1 month') AT TIME ZONE 'UTC');
        month := month + interval '1 month';
      END LOOP;
    END $$`);
}

async function describeTeams(database: pg.Client, { id, models }: SeededOrganization): Promise<void> {
  await database.query(`CREATE TEMP TABLE seed_teams AS
    SELECT row_number() OVER (ORDER BY t.team_id) - 1 AS nth, t.team_id, t.governance_team_id, t.virtual_key_id,
      a.id AS account_id
    FROM saas.teams t JOIN ledger.credit_accounts a USING (governance_team_id) WHERE t.organization_id = '${id}'`);
  await database.query(`CREATE TEMP TABLE seed_models
    (nth bigint, provider text, model text, price_id text, input_nano numeric, output_nano numeric)`);
  await database.query(
    `INSERT INTO seed_models SELECT nth - 1, provider, model, price_id, input_nano, output_nano
     FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::numeric[])
       WITH ORDINALITY AS m (provider, model, price_id, input_nano, output_nano, nth)`,
    [
      models.map(({ provider }) => provider),
      models.map(({ model }) => model),
      models.map(({ priceId }) => priceId),
      models.map(({ inputNanoUsd }) => inputNanoUsd),
      models.map(({ outputNanoUsd }) => outputNanoUsd),
    ],
  );
}

/** When the n-th of `count` happens: evenly from a year ago until an hour ago. */
function momentOf(nth: string, count: string): string {
  return `date_trunc('milliseconds', now() - interval '365 days'
    + (interval '365 days' - interval '1 hour') * ((${nth} + 0.5) / ${count})::float8)`;
}

/** Whose it is. */
function teamOf(nth: string): string {
  return `CASE WHEN ${nth} % 5 < 2 THEN 0 ELSE 1 + ${nth} % ((SELECT count(*) FROM seed_teams) - 1) END`;
}

/** Tokens, model and cost of a call from its number; each team uses four of the models. */
function usageOf(nth: string, team: string): string {
  return `CROSS JOIN LATERAL (SELECT 200 + ${nth} * 7 % 101 AS input_tokens, 100 + ${nth} * 11 % 53 AS output_tokens) AS t
    JOIN seed_models m ON m.nth = (${team} + ${nth} % 4) % (SELECT count(*) FROM seed_models)
    CROSS JOIN LATERAL (SELECT t.input_tokens * m.input_nano + t.output_tokens * m.output_nano AS cost) AS c`;
}

async function planJobs(database: pg.Client, jobs: number): Promise<void> {
  await database.query(`CREATE TEMP TABLE seed_jobs AS
    SELECT n AS nth, uuidv7(moment - clock_timestamp()) AS job_id, moment, n % ${FAILING_JOB} = ${FAILING_JOB - 1} AS is_failed,
      (ARRAY['document_analysis', 'chat_session', 'resume_screening'])[1 + n % 3] AS job_type, s.nth AS team_nth, s.team_id,
      s.governance_team_id, s.virtual_key_id, s.account_id
    FROM generate_series(0, ${jobs - 1}) n CROSS JOIN LATERAL (SELECT ${momentOf('n', String(jobs))} AS moment) AS at
    JOIN seed_teams s ON s.nth = ${teamOf('n')}`);
  await database.query(`CREATE TEMP TABLE seed_calls AS
    SELECT j.*, k, uuidv7(j.moment - clock_timestamp()) AS call_id, j.moment + k * interval '2 seconds' AS started_at,
      NOT (j.is_failed AND k = ${CALLS_PER_JOB - 1}) AS is_served, t.input_tokens, t.output_tokens, m.provider, m.model,
      m.price_id, c.cost
    FROM seed_jobs j CROSS JOIN generate_series(0, ${CALLS_PER_JOB - 1}) k
    ${usageOf(`(j.nth * ${CALLS_PER_JOB} + k)`, 'j.team_nth')}`);
  await database.query('ANALYZE seed_jobs, seed_calls, seed_teams');
}

const INSERT_JOBS = `
  INSERT INTO saas.jobs (job_id, tenant_id, account_id, team_id, organization_id, user_id, job_type, status,
    is_single_call, metadata, error_message, budget_mode, hundredths_per_dollar, tokens_per_credit, created_at,
    started_at, ended_at, last_active_at, credits_charged, credits_remaining, calls, successful_calls, failed_calls,
    tokens, client_cost_nano_usd, micro_credits, latency_ms, models_used)
  SELECT j.job_id, $1::uuid, j.account_id, j.team_id, $2, 'user-' || j.nth % 1000, j.job_type,
    CASE WHEN j.is_failed THEN 'failed' ELSE 'completed' END, false, jsonb_build_object('document', 'doc-' || j.nth),
    CASE WHEN j.is_failed THEN 'The last call failed.' END, 'job_based', 1000, 10000, j.moment, j.moment,
    j.moment + interval '10 seconds', j.moment + interval '10 seconds', CASE WHEN j.is_failed THEN 0 ELSE 1 END,
    CASE WHEN j.is_failed THEN NULL ELSE 1000 END, c.calls, c.served, c.calls - c.served, c.tokens, c.cost, 0,
    c.calls * 800, c.models
  FROM seed_jobs j JOIN (
    SELECT job_id, count(*) AS calls, count(*) FILTER (WHERE is_served) AS served,
      sum(input_tokens + output_tokens) FILTER (WHERE is_served) AS tokens, sum(cost) FILTER (WHERE is_served) AS cost,
      array_agg(DISTINCT model) FILTER (WHERE is_served) AS models
    FROM seed_calls GROUP BY job_id) c USING (job_id)
  ORDER BY j.moment`;

const INSERT_JOB_CALLS = `
  INSERT INTO saas.job_calls (call_id, job_id, state, purpose, model_requested, model_used, provider, is_stream,
    attempts, prompt_tokens, completion_tokens, tokens, cost_nano_usd, client_cost_nano_usd, micro_credits, latency_ms,
    error, started_at, ended_at, seen_at)
  SELECT call_id, job_id, CASE WHEN is_served THEN 'succeeded' ELSE 'failed' END,
    (ARRAY['extract', 'summarize', 'check', 'summarize'])[1 + k], model, CASE WHEN is_served THEN model END,
    CASE WHEN is_served THEN provider END, false, CASE WHEN is_served THEN 1 ELSE 0 END,
    CASE WHEN is_served THEN input_tokens ELSE 0 END, CASE WHEN is_served THEN output_tokens ELSE 0 END,
    CASE WHEN is_served THEN input_tokens + output_tokens ELSE 0 END, CASE WHEN is_served THEN cost ELSE 0 END,
    CASE WHEN is_served THEN cost ELSE 0 END, 0, 800, CASE WHEN is_served THEN NULL ELSE 'no provider is available' END,
    started_at, started_at + interval '1 second', started_at + interval '1 second'
  FROM seed_calls ORDER BY moment, k`;

const EVENT_COLUMNS = `id, started_at, settled_at, request_id, tenant_id, virtual_key_id, team_id, customer_id, provider,
  model_requested, model_sent, model_reported, price_id, input_tokens, cache_read_tokens, cache_write_5m_tokens,
  cache_write_1h_tokens, output_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens,
  tool_units, tokens, cost_nano_usd, client_cost_nano_usd, is_estimated, is_stream, is_counter_pending, outcome,
  upstream_status, latency_ms, counters, credits, job_id, job_call_id`;

/** @param team alias of the row that has the team's ids */
function eventValues(id: string, startedAt: string, team: string): string {
  return `${id}, ${startedAt}, ${startedAt} + interval '1 second', 'bench', $1::uuid, ${team}.virtual_key_id,
    ${team}.governance_team_id, $1::uuid, provider, model, model, model, price_id, input_tokens, 0, 0, 0, output_tokens,
    0, 0, 0, 0, 0, input_tokens + output_tokens, cost, cost, false, false, false, 'completed', 200, 800,
    ARRAY['k1.0.0']`;
}

const INSERT_EVENTS_OF_JOBS = `
  INSERT INTO ledger.usage_events (${EVENT_COLUMNS})
  SELECT ${eventValues('uuidv7(started_at - clock_timestamp())', 'started_at', 's')}, 0, job_id, call_id
  FROM seed_calls s WHERE is_served`;

const OTHER_COUNT = '($2::bigint - (SELECT count(*) FROM seed_calls WHERE is_served))';

/** Calls without a job, until there are as many as asked for; each costs its team a credit. */
const INSERT_OTHER_EVENTS = `
  INSERT INTO ledger.usage_events (${EVENT_COLUMNS})
  SELECT ${eventValues('uuidv7(at.moment - clock_timestamp())', 'at.moment', 's')}, 1, NULL, NULL
  FROM generate_series(0, ${OTHER_COUNT} - 1) n
  CROSS JOIN LATERAL (SELECT ${momentOf('n', OTHER_COUNT)} AS moment) AS at
  JOIN seed_teams s ON s.nth = ${teamOf('n')}
  ${usageOf('n', 's.nth')}`;

/** By UTC day, path and model, in the order of the days, and the sums of those: what the worker keeps. */
const SUM_USAGE = [
  `INSERT INTO ledger.usage_daily (id, day, tenant_id, virtual_key_id, team_id, customer_id, provider, model, calls,
    calls_estimated, input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units, tokens, cost_nano_usd,
    client_cost_nano_usd, credits)
  SELECT uuidv7(), (started_at AT TIME ZONE 'UTC')::date, tenant_id, virtual_key_id, team_id, customer_id, provider,
    model_sent, count(*), 0, sum(input_tokens), 0, 0, 0, sum(output_tokens), 0, 0, 0, 0, 0, sum(tokens),
    sum(cost_nano_usd), sum(client_cost_nano_usd), sum(credits)
  FROM ledger.usage_events GROUP BY 2, 3, 4, 5, 6, 7, 8 ORDER BY 2`,
  `INSERT INTO ledger.usage_monthly (id, month, tenant_id, team_id, provider, model, calls, tokens,
    client_cost_nano_usd, credits)
  SELECT uuidv7(), date_trunc('month', day)::date, tenant_id, team_id, provider, model, sum(calls), sum(tokens),
    sum(client_cost_nano_usd), sum(credits)
  FROM ledger.usage_daily GROUP BY 2, 3, 4, 5, 6 ORDER BY 2`,
  `INSERT INTO ledger.usage_tenant_daily (tenant_id, day, calls, tokens, client_cost_nano_usd, credits)
  SELECT tenant_id, day, sum(calls), sum(tokens), sum(client_cost_nano_usd), sum(credits)
  FROM ledger.usage_daily GROUP BY 1, 2 ORDER BY 2`,
];

/** By the UTC day of the job's creation, team and type: what the admin API keeps. */
const SUM_JOBS = `
  INSERT INTO saas.job_daily (day, tenant_id, account_id, team_id, job_type, jobs, completed_jobs, failed_jobs, cancelled_jobs,
    calls, successful_calls, failed_calls, unserved_calls, tokens, client_cost_nano_usd, credits)
  SELECT (created_at AT TIME ZONE 'UTC')::date, tenant_id, account_id, team_id, job_type, count(*),
    count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'), 0, sum(calls),
    sum(successful_calls), sum(failed_calls), sum(failed_calls), sum(tokens), sum(client_cost_nano_usd),
    sum(credits_charged)
  FROM saas.jobs GROUP BY 1, 2, 3, 4, 5 ORDER BY 1`;
