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
