import { parseCounterId, type LimitUnit } from '@penstock/domain';
import { EPOCH_FIELD, tenantKeys, TENANTS_KEY } from '@penstock/dto';
import type { Redis } from 'ioredis';
import type pg from 'pg';
import type { ApiReader } from './api-reader.js';
import { tenantIdsOf, type Dataset } from './dataset.js';

/** A counter as `GET /api/governance/debug/counters` names it. */
interface ListedCounter {
  readonly counter_id: string;
  readonly entity_id: string;
  readonly unit: LimitUnit;
}

/** What has been used, as the ledger and Redis were told. */
export interface SeededUsage {
  /** By id of the owner, then by unit. */
  readonly used: ReadonlyMap<string, ReadonlyMap<LimitUnit, bigint>>;
  /** Tenants whose counters are in Redis; those of the others are in the ledger only. */
  readonly residentTenants: ReadonlySet<string>;
}

/** Windows that are over leave rows behind. */
const PAST_WINDOWS = 2;
const DAY_MS = 86_400_000;
const REDIS_CHUNK = 200;

/** Usage of every limit in the ledger, of every second tenant also in Redis, and the events of a month. */
export async function seedUsage(
  api: ApiReader,
  database: pg.Client,
  redis: Redis,
  dataset: Dataset,
  usageEvents: number,
): Promise<SeededUsage> {
  const counters = (await api.json<{ counters: ListedCounter[] }>('/api/governance/debug/counters')).counters;
  const rows = counters.map((counter, index) => ({ ...counter, used: usedOf(counter.unit, index) }));
  const used = new Map<string, Map<LimitUnit, bigint>>();
  for (const { entity_id: owner, unit, used: amount } of rows) {
    used.set(owner, (used.get(owner) ?? new Map<LimitUnit, bigint>()).set(unit, amount));
  }
  await writeWindows(database, rows);
  const residentTenants = new Set(tenantIdsOf(dataset).filter((_, index) => index % 2 === 0));
  await loadIntoRedis(database, redis, dataset, rows, residentTenants);
  await writeEvents(database, dataset, usageEvents);
  return { used, residentTenants };
}

/** Different from its neighbours, and well within every cap. */
function usedOf(unit: LimitUnit, index: number): bigint {
  const step = BigInt(index % 997) + 1n;
  return unit === 'nano_usd' ? step * 10_000_000n : step;
}

interface CounterRow extends ListedCounter {
  readonly used: bigint;
}

async function writeWindows(database: pg.Client, rows: readonly CounterRow[]): Promise<void> {
  const windows = rows.flatMap(({ counter_id: id, used }) => {
    const { limitKey, generation, windowStartMs } = parseCounterId(id);
    return Array.from({ length: PAST_WINDOWS + 1 }, (_, age) => {
      const startMs = windowStartMs - age * 30 * DAY_MS;
      return { id: `${limitKey}.${generation}.${startMs.toString(36)}`, limitKey, generation, startMs, used };
    });
  });
  await database.query(
    `INSERT INTO ledger.limit_windows (counter_id, limit_key, generation, window_start_at, used, updated_at)
     SELECT id, key, generation, to_timestamp(start_ms / 1000.0), used, now()
       FROM unnest($1::text[], $2::text[], $3::int[], $4::float8[], $5::numeric[]) AS w (id, key, generation, start_ms, used)`,
    [
      windows.map(({ id }) => id),
      windows.map(({ limitKey }) => limitKey),
      windows.map(({ generation }) => generation),
      windows.map(({ startMs }) => startMs),
      windows.map(({ used }) => used.toString()),
    ],
  );
}

async function loadIntoRedis(
  database: pg.Client,
  redis: Redis,
  dataset: Dataset,
  rows: readonly CounterRow[],
  residentTenants: ReadonlySet<string>,
): Promise<void> {
  const tenantOf = new Map<string, string>([
    ...dataset.customers.map(({ id }) => [id, id] as const),
    ...dataset.teams.map(({ id, customerId }) => [id, customerId] as const),
    ...dataset.keys.map(({ id, tenantId }) => [id, tenantId] as const),
  ]);
  const { rows: tenants } = await database.query<{ id: string; epoch: string }>(
    'SELECT id, epoch FROM governance.tenants',
  );
  const fields = new Map(
    tenants.filter(({ id }) => residentTenants.has(id)).map(({ id, epoch }) => [id, [EPOCH_FIELD, epoch]]),
  );
  for (const { counter_id: id, entity_id: owner, used } of rows) {
    fields.get(tenantOf.get(owner) ?? '')?.push(id, used.toString());
  }
  const loads = [...fields];
  for (let start = 0; start < loads.length; start += REDIS_CHUNK) {
    const pipeline = redis.pipeline();
    for (const [tenantId, pairs] of loads.slice(start, start + REDIS_CHUNK)) {
      pipeline.hset(tenantKeys(tenantId).counters, ...pairs);
      pipeline.sadd(TENANTS_KEY, tenantId);
    }
    await pipeline.exec();
  }
}

/** Spread over the last thirty days, and over all keys. */
async function writeEvents(database: pg.Client, { keys }: Dataset, count: number): Promise<void> {
  await database.query(
    `INSERT INTO ledger.usage_events (id, started_at, settled_at, request_id, tenant_id, virtual_key_id, team_id,
       customer_id, provider, model_requested, model_sent, input_tokens, cache_read_tokens, cache_write_5m_tokens,
       cache_write_1h_tokens, output_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens,
       input_image_tokens, tool_units, tokens, cost_nano_usd, is_estimated, is_stream, is_counter_pending, outcome,
       latency_ms, counters)
     SELECT gen_random_uuid(), moment, moment, 'bench-' || n, key.tenant, key.id, key.team, key.customer, 'openai',
       'gpt-4o-mini', 'gpt-4o-mini', 200, 0, 0, 0, 100, 0, 0, 0, 0, 0, 300, 90000, false, false, false, 'completed',
       800, '{}'
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS key (id, tenant, team, customer, nth)
     JOIN generate_series(1, $5::int) n ON key.nth = 1 + n % cardinality($1::uuid[])
     CROSS JOIN LATERAL (SELECT now() - interval '30 days' * (n::float8 / $5::int) AS moment) AS at`,
    [
      keys.map(({ id }) => id),
      keys.map(({ tenantId }) => tenantId),
      keys.map(({ teamId }) => teamId),
      keys.map(({ customerId }) => customerId),
      count,
    ],
  );
}
