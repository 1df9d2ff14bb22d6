import { describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';

import { forEachTenant } from './tenant-scan.js';

/** A set of tenants in pages, as SSCAN gives them: members may come twice. */
function redisWith(pages: readonly (readonly string[] | Error)[]): Redis {
  return {
    sscan: (_key: string, cursor: string) => {
      const page = pages[Number(cursor)];
      if (page === undefined || page instanceof Error) return Promise.reject(page ?? new Error('no such page'));
      const next = Number(cursor) + 1;
      return Promise.resolve([next === pages.length ? '0' : String(next), [...page]]);
    },
  } as unknown as Redis;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('forEachTenant', () => {
  it('visits every tenant once, several at a time', async () => {
    const visited: string[] = [];
    let atOnce = 0;
    let atOnceMax = 0;
    const ids = Array.from({ length: 70 }, (_, index) => `t${index}`);
    await forEachTenant(redisWith([ids, ['t1', 't2'], [], ['last']]), async (tenantId) => {
      atOnce += 1;
      atOnceMax = Math.max(atOnceMax, atOnce);
      await nextTurn();
      visited.push(tenantId);
      atOnce -= 1;
    });
    expect(visited).toEqual([...ids, 'last']);
    expect(atOnceMax).toBeGreaterThan(1);
    expect(atOnceMax).toBeLessThanOrEqual(32);
  });

  it('fails with what fails first and leaves nothing under way', async () => {
    let underWay = 0;
    const visit = async (tenantId: string): Promise<void> => {
      underWay += 1;
      await nextTurn();
      underWay -= 1;
      throw new Error(`visit of ${tenantId}`);
    };
    await expect(forEachTenant(redisWith([['a', 'b'], new Error('scan')]), visit)).rejects.toThrow('scan');
    expect(underWay).toBe(0);
    await expect(forEachTenant(redisWith([['a', 'b']]), visit)).rejects.toThrow('visit of a');
    expect(underWay).toBe(0);
  });
});
