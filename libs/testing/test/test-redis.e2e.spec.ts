import { connect } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';

import { startTestRedis, type TestRedis } from '../src/index.js';

async function command(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${text}\r\n`));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().trim());
    });
  });
}

describe('test redis', () => {
  let redis: TestRedis | undefined;
  afterEach(async () => {
    await redis?.stop();
  });

  it('keeps with an append-only file what it answered before kill -9', async () => {
    redis = await startTestRedis({ aof: true });
    expect(await command(redis.port, 'SET counter 42')).toBe('+OK');
    await redis.kill();
    await expect(command(redis.port, 'PING')).rejects.toThrow();
    await redis.restart();
    expect(await command(redis.port, 'GET counter')).toContain('42');
  });

  it('starts empty without one', async () => {
    redis = await startTestRedis();
    await command(redis.port, 'SET counter 42');
    await redis.kill();
    await redis.restart();
    expect(await command(redis.port, 'EXISTS counter')).toBe(':0');
  });
});
