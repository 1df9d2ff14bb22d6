import { beforeEach, describe, expect, it } from '@jest/globals';

import { HeldAmounts } from './held-amounts.js';

let nowMs: number;
let walks: string[];
let isDown: boolean;
let held: HeldAmounts;

beforeEach(() => {
  nowMs = 1_000;
  walks = [];
  isDown = false;
  held = new HeldAmounts(
    {
      heldByCounter: async (tenantId) => {
        walks.push(tenantId);
        if (isDown) throw new Error('no Redis');
        return new Map([[`counter of ${tenantId}`, BigInt(walks.length)]]);
      },
    },
    { now: () => nowMs },
  );
});

describe('HeldAmounts', () => {
  it('walks the holds of a tenant once in a while, however many tenants are refused by turns', async () => {
    for (let round = 0; round < 20; round += 1) {
      for (const tenantId of ['t1', 't2', 't3']) await held.of(tenantId);
      nowMs += 5;
    }
    expect(walks).toEqual(['t1', 't2', 't3']);
    expect(await held.of('t2')).toEqual(new Map([['counter of t2', 2n]]));
  });

  it('reads again when a tenth of a second has passed', async () => {
    await held.of('t1');
    nowMs += 60;
    await held.of('t2');
    nowMs += 60;
    expect(await held.of('t1')).toEqual(new Map([['counter of t1', 3n]]));
    await held.of('t2');
    expect(walks).toEqual(['t1', 't2', 't1']);
  });

  it('says that it does not know when the store does not answer', async () => {
    isDown = true;
    expect(await held.of('t1')).toBeUndefined();
  });
});
