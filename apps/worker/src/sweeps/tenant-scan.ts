import { TENANTS_KEY } from '@penstock/dto';
import type { Redis } from 'ioredis';

/** Elements per SCAN step: each step keeps Redis from serving others for well under a millisecond. */
const SCAN_COUNT = 500;

/** Every tenant that was ever loaded into Redis. */
export async function* scanTenants(redis: Redis): AsyncGenerator<string> {
  const seen = new Set<string>();
  for await (const tenantIds of scanSet(redis, TENANTS_KEY)) {
    for (const tenantId of tenantIds) {
      if (seen.has(tenantId)) continue;
      seen.add(tenantId);
      yield tenantId;
    }
  }
}

/** Tenants that are visited at once: their round trips to Redis overlap. */
const TENANTS_AT_ONCE = 32;

/** Visits every tenant, several at a time. Rejects with the first failure, after which no other visit begins. */
export async function forEachTenant(redis: Redis, visit: (tenantId: string) => Promise<void>): Promise<void> {
  let visits: Promise<void>[] = [];
  try {
    for await (const tenantId of scanTenants(redis)) {
      const one = visit(tenantId);
      // It may fail while the next step of the scan is awaited; its failure is met below.
      one.catch(() => undefined);
      visits.push(one);
      if (visits.length < TENANTS_AT_ONCE) continue;
      await Promise.all(visits);
      visits = [];
    }
    await Promise.all(visits);
  } finally {
    // Nothing is under way any more when the caller goes on.
    await Promise.allSettled(visits);
  }
}

/** The members of a set, step by step; one may come twice. */
export async function* scanSet(redis: Redis, key: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, members] = await redis.sscan(key, cursor, 'COUNT', SCAN_COUNT);
    cursor = next;
    if (members.length > 0) yield members;
  } while (cursor !== '0');
}

/** The fields of a hash with their values, step by step; one may come twice. */
export async function* scanHash(redis: Redis, key: string): AsyncGenerator<[field: string, value: string][]> {
  let cursor = '0';
  do {
    const [next, flat] = await redis.hscan(key, cursor, 'COUNT', SCAN_COUNT);
    cursor = next;
    const entries: [string, string][] = [];
    for (let index = 0; index + 1 < flat.length; index += 2) entries.push([flat[index]!, flat[index + 1]!]);
    if (entries.length > 0) yield entries;
  } while (cursor !== '0');
}

/** The clock that holds expire by: one for all gateways and workers. */
export async function serverNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
