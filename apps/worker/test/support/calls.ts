import { limitKey, uuidv7, ZERO_USAGE } from '@penstock/domain';
import { EPOCH_FIELD, type HoldRecord, TENANTS_KEY, tenantKeys, type UsageRecord } from '@penstock/dto';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

import { sumHolds, sumRecords } from '../../src/reconciliation/redis-state.js';

/** A tenant with one key, a budget and a rate limit, resident in Redis. */
export interface TestTenant {
  readonly id: string;
  readonly keyId: string;
  /** Requests, tokens, nano-dollars: the counters of the current windows. */
  readonly counters: readonly [string, string, string];
  /** Input tokens, output tokens, concurrent requests: the counters of a second rate limit, of the customer. */
  readonly moreCounters: readonly [string, string, string];
  readonly windowStartMs: number;
}

/** Creates a customer with a key, a budget and a rate limit of one day, and makes it resident. */
export async function createTenant(db: DataSource, redis: Redis): Promise<TestTenant> {
  const id = uuidv7();
  const keyId = uuidv7();
  const windowStartMs = Date.now() - 60_000;
  const anchor = new Date(windowStartMs);
  await db.query('INSERT INTO governance.tenants (id, epoch) VALUES ($1, 1)', [id]);
  await db.query('INSERT INTO governance.customers (id, name, created_at, updated_at) VALUES ($1, $2, now(), now())', [
    id,
    'Customer',
  ]);
  await db.query(
    `INSERT INTO governance.virtual_keys (id, name, is_active, customer_id, created_at, updated_at)
     VALUES ($1, $2, true, $3, now(), now())`,
    [keyId, `key ${keyId}`, id],
  );
  const [budget] = await db.query<{ seq: string }[]>(
    `INSERT INTO governance.budgets (id, customer_id, max_limit_cents, reset_duration, anchor_at, generation,
       created_at, updated_at) VALUES ($1, $2, 100000, '1d', $3, 0, now(), now()) RETURNING seq`,
    [uuidv7(), id, anchor],
  );
  const [rateLimit] = await db.query<{ seq: string }[]>(
    `INSERT INTO governance.rate_limits (id, virtual_key_id, token_max_limit, token_reset_duration, token_anchor_at,
       token_generation, request_max_limit, request_reset_duration, request_anchor_at, request_generation,
       created_at, updated_at)
     VALUES ($1, $2, 1000000, '1d', $3, 0, 1000000, '1d', $3, 0, now(), now()) RETURNING seq`,
    [uuidv7(), keyId, anchor],
  );
  const [second] = await db.query<{ seq: string }[]>(
    `INSERT INTO governance.rate_limits (id, customer_id, input_token_max_limit, input_token_reset_duration,
       input_token_anchor_at, input_token_generation, output_token_max_limit, output_token_reset_duration,
       output_token_anchor_at, output_token_generation, concurrent_max_limit, token_anchor_at, token_generation,
       request_anchor_at, request_generation, created_at, updated_at)
     VALUES ($1, $2, 1000000, '1d', $3, 0, 1000000, '1d', $3, 0, 100, $3, 0, $3, 0, now(), now()) RETURNING seq`,
    [uuidv7(), id, anchor],
  );
  const secondSeq = BigInt(second!.seq);
  const suffix = `.0.${windowStartMs.toString(36)}`;
  await redis.sadd(TENANTS_KEY, id);
  await redis.hset(tenantKeys(id).counters, EPOCH_FIELD, 1);
  return {
    id,
    keyId,
    windowStartMs,
    counters: [
      limitKey('requests', BigInt(rateLimit!.seq)) + suffix,
      limitKey('tokens', BigInt(rateLimit!.seq)) + suffix,
      limitKey('nano_usd', BigInt(budget!.seq)) + suffix,
    ],
    moreCounters: [
      limitKey('input_tokens', secondSeq) + suffix,
      limitKey('output_tokens', secondSeq) + suffix,
      `${limitKey('concurrent_requests', secondSeq)}.1.0`,
    ],
  };
}

/** A settled call of the tenant. */
export function settledCall(tenant: TestTenant, change: Partial<UsageRecord> = {}): UsageRecord {
  const nowMs = Date.now();
  return {
    schemaVersion: 1,
    id: uuidv7(),
    requestId: 'req-test',
    tenantId: tenant.id,
    keyId: tenant.keyId,
    teamId: null,
    customerId: tenant.id,
    provider: 'openai',
    modelRequested: 'openai/gpt-4o',
    modelSent: 'gpt-4o',
    startedAtMs: nowMs - 900,
    priceId: 'test:gpt-4o',
    counters: tenant.counters,
    modelReported: 'gpt-4o-2024-08-06',
    usage: { ...ZERO_USAGE, inputTokens: 10, outputTokens: 5 },
    tokens: 15,
    chargedInputTokens: 10,
    chargedOutputTokens: 5,
    costNanoUsd: '75000',
    isEstimated: false,
    outcome: 'completed',
    isStream: false,
    upstreamStatus: 200,
    settledAtMs: nowMs,
    latencyMs: 900,
    ttftMs: null,
    ...change,
  };
}

/** Leaves Redis as the gateway's settlement does: counted and waiting in the outbox. */
export async function putSettled(redis: Redis, ...records: readonly UsageRecord[]): Promise<void> {
  for (const record of records) {
    const keys = tenantKeys(record.tenantId);
    await redis.hset(keys.outbox, record.id, `N${JSON.stringify(record)}`);
    for (const [counterId, amount] of sumRecords([record])) {
      await redis.hincrby(keys.counters, counterId, amount.toString());
    }
  }
}

/** A call in flight: counted at its worst case. */
export async function putHold(
  redis: Redis,
  tenant: TestTenant,
  options: {
    readonly ownerId: string;
    readonly isDispatched: boolean;
    readonly expiresAtMs?: number;
    readonly counters?: readonly string[];
  },
): Promise<HoldRecord> {
  const hold: HoldRecord = {
    id: uuidv7(),
    requestId: 'req-held',
    tenantId: tenant.id,
    keyId: tenant.keyId,
    teamId: null,
    customerId: tenant.id,
    provider: 'openai',
    modelRequested: 'gpt-4o',
    modelSent: 'gpt-4o',
    startedAtMs: Date.now() - 1_000,
    priceId: 'test:gpt-4o',
    counters: options.counters ?? tenant.counters,
    ownerId: options.ownerId,
    expiresAtMs: options.expiresAtMs ?? Date.now() + 600_000,
    heldTokens: 400,
    heldInputTokens: 250,
    heldOutputTokens: 150,
    heldNanoUsd: '2000000',
    isStream: true,
  };
  const keys = tenantKeys(tenant.id);
  await redis.hset(keys.holds, hold.id, JSON.stringify(hold));
  if (options.isDispatched) await redis.sadd(keys.dispatched, hold.id);
  for (const [counterId, amount] of sumHolds([hold])) {
    await redis.hincrby(keys.counters, counterId, amount.toString());
  }
  return hold;
}

/** Settled + held in Redis: requests, tokens, nano-dollars, unless others are asked for. */
export async function readCounters(
  redis: Redis,
  tenant: TestTenant,
  counters: readonly string[] = tenant.counters,
): Promise<(string | null)[]> {
  return redis.hmget(tenantKeys(tenant.id).counters, ...counters);
}

/** Recorded in PostgreSQL: requests, tokens, nano-dollars, unless others are asked for. */
export async function readWindows(
  db: DataSource,
  tenant: TestTenant,
  counters: readonly string[] = tenant.counters,
): Promise<(string | null)[]> {
  const rows = await db.query<{ counter_id: string; used: string }[]>(
    'SELECT counter_id, used FROM ledger.limit_windows WHERE counter_id = ANY($1)',
    [counters],
  );
  return counters.map((counterId) => rows.find((row) => row.counter_id === counterId)?.used ?? null);
}
