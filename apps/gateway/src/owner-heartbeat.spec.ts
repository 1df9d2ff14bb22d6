import { EventEmitter, once } from 'node:events';

import { afterEach, describe, expect, it } from '@jest/globals';
import { ownerKey } from '@penstock/dto';
import type { Redis } from 'ioredis';

import { OwnerHeartbeat } from './owner-heartbeat.js';

/** Short enough that nobody waits for it. */
const TTL_MS = 8;

class FakeRedis extends EventEmitter {
  readonly alive = new Set<string>();

  set(key: string): Promise<string> {
    this.alive.add(key);
    return Promise.resolve('OK');
  }

  del(key: string): Promise<number> {
    this.alive.delete(key);
    this.emit('deleted', key);
    return Promise.resolve(1);
  }
}

describe('OwnerHeartbeat', () => {
  const redis = new FakeRedis();
  const heartbeat = new OwnerHeartbeat(redis as unknown as Redis, 'gateway', TTL_MS);
  afterEach(() => heartbeat.stop());

  it('holds under a new name after a reconnection, and the old name lives as long as its calls', async () => {
    await heartbeat.start();
    expect([...redis.alive]).toEqual([ownerKey('gateway')]);
    let endCalls = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      heartbeat.follow(() => {
        resolve();
        return new Promise<void>((end) => {
          endCalls = end;
        });
      });
    });

    redis.emit('ready');
    expect(heartbeat.id).not.toBe('gateway');
    await asked;
    expect([...redis.alive].toSorted()).toEqual([ownerKey('gateway'), ownerKey(heartbeat.id)].toSorted());

    const deleted = once(redis, 'deleted');
    endCalls();
    expect(await deleted).toEqual([ownerKey('gateway')]);
    expect([...redis.alive]).toEqual([ownerKey(heartbeat.id)]);

    await heartbeat.stop();
    expect([...redis.alive]).toEqual([]);
  });
});
