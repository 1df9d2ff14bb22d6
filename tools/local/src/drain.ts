import { QUEUE_PREFIX, USAGE_RECORD_QUEUE } from '@penstock/dto';
import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * Waits until the worker has written what the gateway queued. True when the queue is empty; what is left when
 * the time is up stays in Redis and is written after the next start.
 */
export async function waitForEmptyQueue(redisUrl: string, timeoutMs: number): Promise<boolean> {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 1, retryStrategy: () => null });
  redis.on('error', () => undefined);
  const queue = `${QUEUE_PREFIX}:${USAGE_RECORD_QUEUE}`;
  const deadline = performance.now() + timeoutMs;
  try {
    for (;;) {
      const [waiting, active] = await Promise.all([redis.llen(`${queue}:wait`), redis.llen(`${queue}:active`)]);
      if (waiting + active === 0) return true;
      if (performance.now() >= deadline) return false;
      await delay(POLL_MS);
    }
  } catch {
    // Redis is away; nothing can be drained.
    return false;
  } finally {
    redis.disconnect();
  }
}
