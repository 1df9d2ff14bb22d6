import { afterEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { createLogger } from '../logging/logger.js';
import { closeRedis, createRedis, isRedisReadyWithin } from './create-redis.js';

const replies: Record<string, string> = {
  hello: '%1\r\n$5\r\nproto\r\n:3\r\n',
  info: '$11\r\nloading:0\r\n\r\n',
};

/** As much of Redis as a handshake and PING need; `mute()` stops it from answering. */
class FakeRedis {
  readonly sockets = new Set<Socket>();
  readonly server = createServer((socket) => this.serve(socket));
  #isMute = false;

  async start(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.server.address() as AddressInfo;
    return `redis://127.0.0.1:${port}`;
  }

  mute(): void {
    this.#isMute = true;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => {});
    socket.on('data', (data) => {
      for (const [, name = ''] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        if (!this.#isMute) {
          socket.write(replies[name.toLowerCase()] ?? '+OK\r\n');
        }
      }
    });
  }
}

describe('createRedis', () => {
  const open: Redis[] = [];
  const fakes: FakeRedis[] = [];
  const lines: { level: string; msg: string }[] = [];
  const logger = createLogger('test', { destination: { write: (line) => void lines.push(JSON.parse(line)) } });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((redis) => closeRedis(redis, 50)));
    fakes.splice(0).forEach((fake) => fake.stop());
    lines.length = 0;
  });

  async function startFake(): Promise<{ fake: FakeRedis; url: string }> {
    const fake = new FakeRedis();
    fakes.push(fake);
    return { fake, url: await fake.start() };
  }

  function connect(...args: Parameters<typeof createRedis>): Redis {
    const redis = createRedis(...args);
    open.push(redis);
    return redis;
  }

  it.each(['command', 'queue-producer'] as const)(
    'fails a %s at once when Redis is away, and logs that once',
    async (role) => {
      const redis = connect('redis://127.0.0.1:1', role, logger);

      await expect(redis.ping()).rejects.toThrow();
      expect(await isRedisReadyWithin(redis, 300)).toBe(false);
      await expect(redis.ping()).rejects.toThrow();
      expect(lines.map(({ level, msg }) => [level, msg])).toEqual([['warn', 'redis is not reachable']]);
    },
  );

  it('lets a worker wait for Redis as long as it takes', () => {
    const redis = connect('redis://127.0.0.1:1', 'queue-worker', logger);

    expect(redis.options.maxRetriesPerRequest).toBeNull();
    expect(redis.options.enableOfflineQueue).toBe(true);
  });

  it('gives up a command on a silent server within its deadline, and says when the connection is gone', async () => {
    const { fake, url } = await startFake();
    const redis = connect(url, 'command', logger, { commandTimeoutMs: 30 });
    expect(await isRedisReadyWithin(redis, 2_000)).toBe(true);
    expect(await redis.ping()).toBe('OK');

    fake.mute();
    const startedMs = performance.now();
    await expect(redis.ping()).rejects.toThrow('Command timed out');
    expect(performance.now() - startedMs).toBeLessThan(500);

    const closed = new Promise((resolve) => {
      redis.once('close', resolve);
    });
    fake.stop();
    await closed;
    expect(lines.map(({ msg }) => msg)).toEqual(['redis is connected', 'redis connection is closed']);
  });

  it('closes in time although the server does not answer', async () => {
    const { fake, url } = await startFake();
    const redis = connect(url, 'subscriber', logger);
    expect(await isRedisReadyWithin(redis, 2_000)).toBe(true);
    fake.mute();

    await closeRedis(redis, 20);

    expect(redis.status).not.toBe('ready');
  });
});
