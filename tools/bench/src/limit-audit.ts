import { tenantKeys } from '@penstock/dto';
import { type LimitUnit, parseCounterId } from '@penstock/domain';
import type { Redis } from 'ioredis';
import type pg from 'pg';

/** How far the counters are from what they may and should be. Zero everywhere is the promise. */
export interface LimitAudit {
  /** Largest excess over a cap, in the unit of the limit. */
  readonly overspendNanoUsd: bigint;
  readonly overspendTokens: bigint;
  readonly overspendRequests: bigint;
  /** Largest difference between Redis and PostgreSQL over all counters. Means something only when idle. */
  readonly drift: bigint;
  readonly countersChecked: number;
}

/** Caps by limit key and generation: the letter of the unit and the row's number in base 36. */
export type Caps = ReadonlyMap<string, bigint>;

/** Reads every cap there is. Seven decimals of a cent are nano-dollars. */
export async function readCaps(database: pg.Client): Promise<Caps> {
  const { rows } = await database.query<{ letter: string; seq: string; generation: number; cap: string }>(`
    SELECT 'c' AS letter, seq, generation, trunc(max_limit_cents * 10000000)::text AS cap FROM governance.budgets
    UNION ALL
    SELECT 't', seq, token_generation, token_max_limit::text FROM governance.rate_limits WHERE token_max_limit IS NOT NULL
    UNION ALL
    SELECT 'q', seq, request_generation, request_max_limit::text FROM governance.rate_limits WHERE request_max_limit IS NOT NULL`);
  return new Map(
    rows.map(({ letter, seq, generation, cap }) => [`${letter}${BigInt(seq).toString(36)}.${generation}`, BigInt(cap)]),
  );
}

/** Settled + held of each counter of a tenant. */
export async function readCounters(redis: Redis, tenantId: string): Promise<Map<string, bigint>> {
  const fields = await redis.hgetall(tenantKeys(tenantId).counters);
  const counters = Object.entries(fields).filter(([field]) => field.includes('.'));
  return new Map(counters.map(([id, value]) => [id, BigInt(value)]));
}

/** The excess of counters over their caps, largest per unit. */
export function excessOf(
  counters: ReadonlyMap<string, bigint>,
  caps: Caps,
): Omit<LimitAudit, 'drift' | 'countersChecked'> {
  const worst: Record<LimitUnit, bigint> = {
    requests: 0n,
    tokens: 0n,
    input_tokens: 0n,
    output_tokens: 0n,
    concurrent_requests: 0n,
    nano_usd: 0n,
    credits: 0n,
    micro_credits: 0n,
  };
  for (const [id, used] of counters) {
    const { limitKey, generation, unit } = parseCounterId(id);
    const cap = caps.get(`${limitKey}.${generation}`);
    if (cap !== undefined && used - cap > worst[unit]) worst[unit] = used - cap;
  }
  return { overspendNanoUsd: worst.nano_usd, overspendTokens: worst.tokens, overspendRequests: worst.requests };
}

/** Compares Redis with the caps and with PostgreSQL, for tenants that are idle. */
export async function auditLimits(
  redis: Redis,
  database: pg.Client,
  tenantIds: readonly string[],
): Promise<LimitAudit> {
  const caps = await readCaps(database);
  const { rows } = await database.query<{ counter_id: string; used: string }>(
    'SELECT counter_id, used::text FROM ledger.limit_windows',
  );
  const settled = new Map(rows.map(({ counter_id: id, used }) => [id, BigInt(used)]));
  const live = new Map(
    (await Promise.all(tenantIds.map((id) => readCounters(redis, id)))).flatMap((counters) => [...counters]),
  );
  let drift = 0n;
  for (const id of new Set([...settled.keys(), ...live.keys()])) {
    const difference = (live.get(id) ?? 0n) - (settled.get(id) ?? 0n);
    const distance = difference < 0n ? -difference : difference;
    if (distance > drift) drift = distance;
  }
  const ofRedis = excessOf(live, caps);
  const ofLedger = excessOf(settled, caps);
  const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right);
  return {
    overspendNanoUsd: larger(ofRedis.overspendNanoUsd, ofLedger.overspendNanoUsd),
    overspendTokens: larger(ofRedis.overspendTokens, ofLedger.overspendTokens),
    overspendRequests: larger(ofRedis.overspendRequests, ofLedger.overspendRequests),
    drift,
    countersChecked: live.size,
  };
}
