import { describe, expect, it } from '@jest/globals';

import { Lanes } from './lanes.js';

describe('Lanes', () => {
  it('lets so many of one kind go on at once, in their order, and others past them', async () => {
    const lanes = new Lanes(2);
    const order: string[] = [];
    let running = 0;
    let runningMax = 0;
    const work = (name: string) => async (): Promise<string> => {
      running += 1;
      runningMax = Math.max(runningMax, running);
      order.push(name);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      running -= 1;
      return name;
    };
    const names = ['a', 'b', 'c', 'd', 'e'];

    expect(await Promise.all(names.map((name) => lanes.run('x', work(name))))).toEqual(names);

    expect(order).toEqual(names);
    expect(runningMax).toBe(2);
    expect(await Promise.all([lanes.run('x', work('f')), lanes.run('y', work('g'))])).toEqual(['f', 'g']);
  });

  it('goes on after a failure', async () => {
    const lanes = new Lanes(1);
    const results = await Promise.allSettled([
      lanes.run('x', () => Promise.reject(new Error('away'))),
      lanes.run('x', () => Promise.resolve('fine')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});
