import { tenantKeys } from '@penstock/dto';
import { waitFor } from '@penstock/testing';
import type { Redis } from 'ioredis';

/** Settled calls that PostgreSQL does not have yet. */
export function outboxLength(redis: Redis, tenantId: string): Promise<number> {
  return redis.hlen(tenantKeys(tenantId).outbox);
}

/** Waits until every call of a tenant is settled and in PostgreSQL. */
export async function waitUntilAccounted(redis: Redis, tenantId: string, timeoutMs: number): Promise<void> {
  const { holds, outbox } = tenantKeys(tenantId);
  await waitFor(async () => (await redis.hlen(holds)) + (await redis.hlen(outbox)) === 0, {
    what: 'every settled call to be in PostgreSQL',
    timeoutMs,
    intervalMs: 25,
  });
}
