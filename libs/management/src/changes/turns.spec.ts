import { describe, expect, it } from '@jest/globals';

import { Turns } from './turns.js';

const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('Turns', () => {
  it('come one after another under one key, in order, also after a failure', async () => {
    const turns = new Turns();
    const log: string[] = [];
    let atOnce = 0;
    const work = async (name: string): Promise<string> => {
      atOnce += 1;
      expect(atOnce).toBe(1);
      log.push(name);
      await tick();
      atOnce -= 1;
      if (name === 'b') throw new Error('failed');
      return name;
    };
    const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => turns.run('key', () => work(name))));
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('under another key do not wait', async () => {
    const turns = new Turns();
    const release = Promise.withResolvers<void>();
    const blocked = turns.run('one', () => release.promise);
    await expect(turns.run('other', () => Promise.resolve('done'))).resolves.toBe('done');
    release.resolve();
    await blocked;
  });

  it('keep nothing when all have ended', async () => {
    const turns = new Turns();
    await Promise.all([turns.run('key', tick), turns.run('key', tick)]);
    expect((turns as unknown as { lasts: Map<string, unknown> }).lasts.size).toBe(0);
  });
});
