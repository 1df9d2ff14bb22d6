import { describe, expect, it } from '@jest/globals';

import { OwnerWatch } from './owner-watch.js';

describe('OwnerWatch', () => {
  const alive = new Set<string>();
  let asked = 0;
  const readHeartbeat = (ownerId: string): Promise<boolean> => {
    asked += 1;
    return Promise.resolve(alive.has(ownerId));
  };

  async function look(watch: OwnerWatch, nowMs: number): Promise<boolean> {
    const pass = watch.beginPass();
    const isDead = await pass.isDead('gateway', nowMs);
    pass.end();
    return isDead;
  }

  it('calls an owner dead that stays silent for the grace', async () => {
    const watch = new OwnerWatch(readHeartbeat, 2_000);
    expect(await look(watch, 10_000)).toBe(false);
    expect(await look(watch, 11_999)).toBe(false);
    expect(await look(watch, 12_000)).toBe(true);
  });

  it('begins anew when the owner was heard meanwhile', async () => {
    const watch = new OwnerWatch(readHeartbeat, 2_000);
    await look(watch, 10_000);
    alive.add('gateway');
    await look(watch, 11_000);
    alive.delete('gateway');
    expect(await look(watch, 12_000)).toBe(false);
    expect(await look(watch, 14_000)).toBe(true);
  });

  it('asks once per owner and pass', async () => {
    const pass = new OwnerWatch(readHeartbeat, 0).beginPass();
    asked = 0;
    await Promise.all([pass.isDead('a', 1), pass.isDead('a', 1), pass.isDead('b', 1)]);
    expect(asked).toBe(2);
  });
});
