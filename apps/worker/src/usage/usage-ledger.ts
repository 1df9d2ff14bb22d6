import { uuidv7 } from '@penstock/domain';
import type { UsageRecord } from '@penstock/dto';
import type { PostedUsage } from '@penstock/management';
import type { EntityManager } from 'typeorm';

import { plainArray, textArray } from './array-literal.js';
import { CreditDeductions } from './credit-deductions.js';
import { latestUses, type SecretUse } from './latest-uses.js';
import type { OutboxRecord } from './parse-outbox-entry.js';
import { type DailyIncrement, sumDays } from './sum-days.js';
import { byCodePoint, sumWindows, type WindowIncrement } from './sum-windows.js';

/** What became of a batch of records. */
export interface Recorded {
  /** Written by this transaction; all others were in the ledger already. */
  readonly newCount: number;
  /** Accounts that have used more than their credits and their overdraft. */
  readonly overdrawn: readonly PostedUsage[];
  /** Late records of which the Redis counters may still lack the amounts; see {@link recordUsage}. */
  readonly counterPendingIds: ReadonlySet<string>;
}

/**
 * Accounts for settled calls, inside the caller's transaction. Safe to repeat: a record counts once.
 *
 * A late record's hold was already gone when the gateway settled, so the settlement did not touch the counters.
 * Two things can have ended the hold. The sweeper charged it: then the event exists and the counters hold its
 * estimate, which stands. Or it was released, or lost with Redis: then this record is the first account of the
 * call, and the counters lack it. So exactly the late records that are inserted here are owed to the counters;
 * the row says so (`is_counter_pending`) until they were added, because the process may die in between.
 */
export async function recordUsage(tx: EntityManager, batch: readonly OutboxRecord[]): Promise<Recorded> {
  // In the order of their ids: two transactions that meet on the same records wait for each other, no deadlock.
  const sorted = batch
    .toSorted((a, b) => byCodePoint(a.record.id, b.record.id))
    .filter(({ record }, index, all) => record.id !== all[index - 1]?.record.id);
  const deductions = new CreditDeductions();
  let posted: readonly PostedUsage[] = [];
  const newIds = await insertEvents(tx, sorted, deductions);
  const newRecords = sorted.filter(({ record }) => newIds.has(record.id)).map(({ record }) => record);
  if (newRecords.length > 0) {
    await addToWindows(tx, sumWindows(newRecords));
    const days = sumDays(newRecords);
    await addToDays(tx, days);
    await addToReports(tx, days);
    await noteUses(tx, latestUses(newRecords));
    posted = await deductions.post(tx, newRecords, new Date());
  }
  const late = sorted.filter(({ isLate }) => isLate).map(({ record }) => record);
  return {
    newCount: newRecords.length,
    overdrawn: posted.filter(({ isOverdrawn }) => isOverdrawn),
    counterPendingIds: late.length === 0 ? new Set() : await findCounterPending(tx, late),
  };
}

/** Says that the Redis counters now include these calls. */
export async function clearCounterPending(tx: EntityManager, records: readonly UsageRecord[]): Promise<void> {
  await tx.query(
    `UPDATE ledger.usage_events e SET is_counter_pending = false
     FROM unnest($1::uuid[], $2::bigint[]) AS r(id, started_at_ms)
     WHERE e.id = r.id AND e.started_at = to_timestamp(r.started_at_ms / 1000.0)`,
    [plainArray(records.map((r) => r.id)), plainArray(records.map((r) => r.startedAtMs))],
  );
}

/** Keeps entries that cannot be accounted for, with the reason, for a human. */
export async function keepRejected(
  tx: EntityManager,
  rejected: readonly { tenantId: string; id: string; reason: string; entry: string }[],
): Promise<void> {
  const column = (read: (item: (typeof rejected)[number]) => string): string =>
    textArray(rejected.map((item) => read(item).replaceAll('\0', '\uFFFD')));
  await tx.query(
    `INSERT INTO ledger.rejected_records (tenant_id, record_id, reason, payload, rejected_at)
     SELECT r.tenant_id, r.record_id, r.reason, r.payload, now()
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS r(tenant_id, record_id, reason, payload)
     ON CONFLICT DO NOTHING`,
    [
      column((item) => item.tenantId),
      column((item) => item.id),
      column((item) => item.reason),
      column((item) => item.entry),
    ],
  );
}

const INSERT_EVENTS = `
  INSERT INTO ledger.usage_events (
    id, started_at, settled_at, request_id, tenant_id, virtual_key_id, team_id, customer_id,
    provider, model_requested, model_sent, model_reported, price_id,
    input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units,
    tokens, cost_nano_usd, is_estimated, is_stream, is_counter_pending, outcome,
    upstream_status, latency_ms, ttft_ms, counters, charged_input_tokens, charged_output_tokens,
    client_cost_nano_usd, client_price_id, credits, micro_credits, credit_transfer_id, job_id, job_call_id)
  SELECT
    id, to_timestamp(started_at_ms / 1000.0), to_timestamp(settled_at_ms / 1000.0), request_id, tenant_id,
    virtual_key_id, team_id, customer_id, provider, model_requested, model_sent, model_reported, price_id,
    input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units,
    tokens, cost_nano_usd, is_estimated, is_stream, is_counter_pending, outcome,
    upstream_status, latency_ms, ttft_ms, string_to_array(counters, ','), charged_input_tokens, charged_output_tokens,
    client_cost_nano_usd, client_price_id, credits, micro_credits, credit_transfer_id, job_id, job_call_id
  FROM unnest(
    $1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
    $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[],
    $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[],
    $24::bigint[], $25::numeric[], $26::boolean[], $27::boolean[], $28::boolean[], $29::text[],
    $30::integer[], $31::integer[], $32::integer[], $33::text[], $34::bigint[], $35::bigint[],
    $36::numeric[], $37::text[], $38::bigint[], $39::bigint[], $40::uuid[], $41::uuid[], $42::uuid[]
  ) AS r(
    id, started_at_ms, settled_at_ms, request_id, tenant_id, virtual_key_id, team_id, customer_id,
    provider, model_requested, model_sent, model_reported, price_id,
    input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units,
    tokens, cost_nano_usd, is_estimated, is_stream, is_counter_pending, outcome,
    upstream_status, latency_ms, ttft_ms, counters, charged_input_tokens, charged_output_tokens,
    client_cost_nano_usd, client_price_id, credits, micro_credits, credit_transfer_id, job_id, job_call_id)
  ON CONFLICT DO NOTHING
  RETURNING id`;

async function insertEvents(
  tx: EntityManager,
  batch: readonly OutboxRecord[],
  deductions: CreditDeductions,
): Promise<Set<string>> {
  const plain = (read: (record: UsageRecord) => string | number | boolean | null): string =>
    plainArray(batch.map(({ record }) => read(record)));
  const text = (read: (record: UsageRecord) => string | null): string =>
    textArray(batch.map(({ record }) => read(record)));
  const rows: { id: string }[] = await tx.query(INSERT_EVENTS, [
    plain((r) => r.id),
    plain((r) => r.startedAtMs),
    plain((r) => r.settledAtMs),
    text((r) => r.requestId),
    plain((r) => r.tenantId),
    plain((r) => r.keyId),
    plain((r) => r.teamId),
    plain((r) => r.customerId),
    text((r) => r.provider),
    text((r) => r.modelRequested),
    text((r) => r.modelSent),
    text((r) => r.modelReported),
    text((r) => r.priceId),
    plain((r) => r.usage.inputTokens),
    plain((r) => r.usage.cacheReadTokens),
    plain((r) => r.usage.cacheWrite5mTokens),
    plain((r) => r.usage.cacheWrite1hTokens),
    plain((r) => r.usage.outputTokens),
    plain((r) => r.usage.reasoningTokens),
    plain((r) => r.usage.inputAudioTokens),
    plain((r) => r.usage.outputAudioTokens),
    plain((r) => r.usage.inputImageTokens),
    plain((r) => r.usage.toolUnits),
    plain((r) => r.tokens),
    plain((r) => r.costNanoUsd),
    plain((r) => r.isEstimated),
    plain((r) => r.isStream),
    plainArray(batch.map(({ isLate }) => isLate)),
    plain((r) => r.outcome),
    plain((r) => r.upstreamStatus),
    plain((r) => r.latencyMs),
    plain((r) => r.ttftMs),
    text((r) => r.counters.join(',')),
    plain((r) => r.chargedInputTokens ?? 0),
    plain((r) => r.chargedOutputTokens ?? 0),
    plain((r) => r.clientCostNanoUsd ?? r.costNanoUsd),
    text((r) => r.clientPriceId ?? null),
    plain((r) => r.credits ?? 0),
    plain((r) => r.microCredits ?? 0),
    plain((r) => deductions.transferIdOf(r)),
    plain((r) => r.jobId ?? null),
    plain((r) => r.jobCallId ?? null),
  ]);
  return new Set(rows.map(({ id }) => id));
}

async function addToWindows(tx: EntityManager, increments: readonly WindowIncrement[]): Promise<void> {
  if (increments.length === 0) return;
  await tx.query(
    `INSERT INTO ledger.limit_windows AS w (counter_id, limit_key, generation, window_start_at, used, updated_at)
     SELECT counter_id, limit_key, generation, to_timestamp(window_start_ms / 1000.0), used, now()
     FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[], $5::numeric[])
       AS r(counter_id, limit_key, generation, window_start_ms, used)
     ON CONFLICT (counter_id) DO UPDATE SET used = w.used + EXCLUDED.used, updated_at = EXCLUDED.updated_at`,
    [
      textArray(increments.map((i) => i.counterId)),
      textArray(increments.map((i) => i.limitKey)),
      plainArray(increments.map((i) => i.generation)),
      plainArray(increments.map((i) => i.windowStartMs)),
      plainArray(increments.map((i) => i.amount)),
    ],
  );
}

const ADD_TO_DAYS = `
  INSERT INTO ledger.usage_daily AS d (
    id, day, tenant_id, virtual_key_id, team_id, customer_id, provider, model, calls, calls_estimated,
    input_tokens, cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, input_audio_tokens, output_audio_tokens, input_image_tokens, tool_units, tokens, cost_nano_usd,
    client_cost_nano_usd, credits)
  SELECT * FROM unnest(
    $1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::numeric[],
    $23::numeric[], $24::bigint[])
  ON CONFLICT ON CONSTRAINT uq_usage_daily_day_path_model DO UPDATE SET
    calls = d.calls + EXCLUDED.calls,
    calls_estimated = d.calls_estimated + EXCLUDED.calls_estimated,
    input_tokens = d.input_tokens + EXCLUDED.input_tokens,
    cache_read_tokens = d.cache_read_tokens + EXCLUDED.cache_read_tokens,
    cache_write_5m_tokens = d.cache_write_5m_tokens + EXCLUDED.cache_write_5m_tokens,
    cache_write_1h_tokens = d.cache_write_1h_tokens + EXCLUDED.cache_write_1h_tokens,
    output_tokens = d.output_tokens + EXCLUDED.output_tokens,
    reasoning_tokens = d.reasoning_tokens + EXCLUDED.reasoning_tokens,
    input_audio_tokens = d.input_audio_tokens + EXCLUDED.input_audio_tokens,
    output_audio_tokens = d.output_audio_tokens + EXCLUDED.output_audio_tokens,
    input_image_tokens = d.input_image_tokens + EXCLUDED.input_image_tokens,
    tool_units = d.tool_units + EXCLUDED.tool_units,
    tokens = d.tokens + EXCLUDED.tokens,
    cost_nano_usd = d.cost_nano_usd + EXCLUDED.cost_nano_usd,
    client_cost_nano_usd = d.client_cost_nano_usd + EXCLUDED.client_cost_nano_usd,
    credits = d.credits + EXCLUDED.credits`;

async function addToDays(tx: EntityManager, increments: readonly DailyIncrement[]): Promise<void> {
  const plain = (read: (increment: DailyIncrement) => string | bigint | null): string =>
    plainArray(increments.map((increment) => read(increment)));
  await tx.query(ADD_TO_DAYS, [
    plain(() => uuidv7()),
    plain((i) => i.day),
    plain((i) => i.record.tenantId),
    plain((i) => i.record.keyId),
    plain((i) => i.record.teamId),
    plain((i) => i.record.customerId),
    textArray(increments.map((i) => i.record.provider)),
    textArray(increments.map((i) => i.record.modelSent)),
    plain((i) => i.calls),
    plain((i) => i.callsEstimated),
    plain((i) => i.usage.inputTokens),
    plain((i) => i.usage.cacheReadTokens),
    plain((i) => i.usage.cacheWrite5mTokens),
    plain((i) => i.usage.cacheWrite1hTokens),
    plain((i) => i.usage.outputTokens),
    plain((i) => i.usage.reasoningTokens),
    plain((i) => i.usage.inputAudioTokens),
    plain((i) => i.usage.outputAudioTokens),
    plain((i) => i.usage.inputImageTokens),
    plain((i) => i.usage.toolUnits),
    plain((i) => i.tokens),
    plain((i) => i.costNanoUsd),
    plain((i) => i.clientCostNanoUsd),
    plain((i) => i.credits),
  ]);
}

const SUMMED = `sum(calls)::bigint AS calls, sum(tokens)::bigint AS tokens, sum(cost) AS cost,
    sum(credits)::bigint AS credits
  FROM unnest($1::date[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::numeric[],
    $9::bigint[]) AS r(day, tenant_id, team_id, provider, model, calls, tokens, cost, credits)`;

const ADDED = `calls = d.calls + EXCLUDED.calls, tokens = d.tokens + EXCLUDED.tokens,
    client_cost_nano_usd = d.client_cost_nano_usd + EXCLUDED.client_cost_nano_usd,
    credits = d.credits + EXCLUDED.credits`;

/** In the order of their keys, for the same reason as all sums: two transactions wait for each other, no deadlock. */
const ADD_TO_REPORTS = [
  `INSERT INTO ledger.usage_monthly AS d (id, month, tenant_id, team_id, provider, model, calls, tokens,
    client_cost_nano_usd, credits)
  SELECT gen_random_uuid(), s.* FROM (
    SELECT date_trunc('month', day)::date AS month, tenant_id, team_id, provider, model, ${SUMMED}
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5) s
  ON CONFLICT ON CONSTRAINT uq_usage_monthly_path_model DO UPDATE SET ${ADDED}`,
  `INSERT INTO ledger.usage_tenant_daily AS d (tenant_id, day, calls, tokens, client_cost_nano_usd, credits)
  SELECT tenant_id, day, ${SUMMED}
  GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT ON CONSTRAINT pk_usage_tenant_daily DO UPDATE SET ${ADDED}`,
];

/** Sums over months, and over teams and models: what reports over long spans read instead of days by key. */
async function addToReports(tx: EntityManager, increments: readonly DailyIncrement[]): Promise<void> {
  const plain = (read: (increment: DailyIncrement) => string | bigint | null): string =>
    plainArray(increments.map((increment) => read(increment)));
  const parameters = [
    plain((i) => i.day),
    plain((i) => i.record.tenantId),
    plain((i) => i.record.teamId),
    textArray(increments.map((i) => i.record.provider)),
    textArray(increments.map((i) => i.record.modelSent)),
    plain((i) => i.calls),
    plain((i) => i.tokens),
    plain((i) => i.clientCostNanoUsd),
    plain((i) => i.credits),
  ];
  for (const statement of ADD_TO_REPORTS) await tx.query(statement, parameters);
}

/** Batches arrive in any order: a use only ever moves forward. */
async function noteUses(tx: EntityManager, uses: readonly SecretUse[]): Promise<void> {
  if (uses.length === 0) return;
  await tx.query(
    `INSERT INTO ledger.secret_uses AS u (secret_id, last_used_at)
     SELECT secret_id, to_timestamp(used_at_ms / 1000.0) FROM unnest($1::uuid[], $2::bigint[]) AS r(secret_id, used_at_ms)
     ON CONFLICT (secret_id) DO UPDATE SET last_used_at = EXCLUDED.last_used_at
       WHERE u.last_used_at < EXCLUDED.last_used_at`,
    [plainArray(uses.map((use) => use.secretId)), plainArray(uses.map((use) => use.usedAtMs))],
  );
}

async function findCounterPending(tx: EntityManager, late: readonly UsageRecord[]): Promise<Set<string>> {
  const rows: { id: string }[] = await tx.query(
    `SELECT e.id FROM ledger.usage_events e
     JOIN unnest($1::uuid[], $2::bigint[]) AS r(id, started_at_ms)
       ON e.id = r.id AND e.started_at = to_timestamp(r.started_at_ms / 1000.0)
     WHERE e.is_counter_pending`,
    [plainArray(late.map((r) => r.id)), plainArray(late.map((r) => r.startedAtMs))],
  );
  return new Set(rows.map(({ id }) => id));
}
