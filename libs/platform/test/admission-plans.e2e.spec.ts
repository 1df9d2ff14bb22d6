import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  carriedOver,
  type LimitPlan,
  type LimitSpec,
  limitKey,
  type LimitUnit,
  NO_AMOUNTS,
  planLimits,
  standingsOf,
} from '@penstock/domain';
import { tenantKeys } from '@penstock/dto';
import { startTestRedis, type TestRedis } from '@penstock/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';

import { AdmissionStore, type ReserveOutcome, unitAmounts } from '../src/admission/index.js';

const TENANT = 'tenant-1';
const DAY_MS = 86_400_000;
const START_MS = Date.now();

let server: TestRedis;
let redis: Redis;
let store: AdmissionStore;
let nextId = 0;

beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

beforeEach(async () => {
  await redis.flushall();
  store = new AdmissionStore(redis, { deadlineMs: 2_000 });
  await store.loadTenant(TENANT, 1, {});
});

function limit(seq: number, unit: LimitUnit, cap: bigint | number, change: Partial<LimitSpec> = {}): LimitSpec {
  return {
    key: limitKey(unit, seq),
    limitId: `limit-${seq}`,
    unit,
    entity: 'virtual_key',
    entityId: 'key',
    entityName: 'key',
    cap: cap.toString(),
    generation: 1,
    window: { kind: 'rolling', durationMs: 1_000 * DAY_MS, anchorMs: START_MS - 5_000 * DAY_MS },
    durationText: 'x',
    ...change,
  };
}

/** So long that the clock of Redis does not leave the bucket while a test runs. */
const SLIDING: LimitSpec['window'] = { kind: 'sliding', durationMs: 1_000 * DAY_MS, anchorMs: START_MS - DAY_MS };

const plan = (...limits: readonly LimitSpec[]): LimitPlan => planLimits(limits, 1, START_MS);

/** Sets the plan's counters, position by position. */
async function setTotals({ counterIds }: LimitPlan, totals: readonly bigint[]): Promise<void> {
  const fields = counterIds.flatMap((id, position) => [id, (totals[position] ?? 0n).toString()]);
  await redis.hset(tenantKeys(TENANT).counters, ...fields);
}

function reserve(on: LimitPlan, costNanoUsd: bigint, tokens = 0): Promise<ReserveOutcome> {
  nextId += 1;
  const amounts = unitAmounts({ ...NO_AMOUNTS, requests: 1, tokens, costNanoUsd });
  return store.reserve(TENANT, { holdId: `hold-${nextId}`, holdRecord: '{}', plan: on, amounts });
}

describe('earlier buckets of a sliding window', () => {
  it('count as usage, each of them, and only the current one is charged', async () => {
    const on = plan(limit(1, 'nano_usd', 100, { window: SLIDING }));
    expect(on.counterIds).toHaveLength(11);
    for (let position = 1; position < 11; position += 1) {
      const totals = on.counterIds.map((_, at) => (at === position ? 60n : at === 0 ? 10n : 0n));
      await setTotals(on, totals);
      expect((await reserve(on, 31n)).status).toBe('refused');
      const outcome = await reserve(on, 30n);
      const expected = totals.map((total, at) => String(at === 0 ? total + 30n : total));
      expect(outcome).toEqual({ status: 'admitted', totals: expected });
      expect(await store.readCounters(TENANT, on.counterIds)).toEqual(expected);
    }
  });

  it('are what another call of the same batch was charged, where its plan is a bucket behind', async () => {
    const spec = limit(1, 'nano_usd', 100, { window: SLIDING });
    const behind = plan(spec);
    // As if the clock had moved into the next bucket, in which Redis already is.
    const next = planLimits([spec], 1, behind.windows[0]!.endMs);
    const ahead = { ...next, validFromMs: 0, validUntilMs: Number.MAX_SAFE_INTEGER };
    const statuses = await Promise.all([reserve(behind, 70n), reserve(ahead, 31n), reserve(ahead, 30n)]);
    expect(statuses.map(({ status }) => status)).toEqual(['admitted', 'refused', 'admitted']);
    expect(statuses[2]).toMatchObject({ totals: ['30', '70', ...Array.from({ length: 9 }, () => '0')] });
  });
});

describe('what a window leaves over', () => {
  const spec = limit(1, 'nano_usd', 100, { rolloverMax: '50' });

  it.each([
    [0n, 150n],
    [49n, 150n],
    [51n, 149n],
    [99n, 101n],
    [100n, 100n],
    [400n, 100n],
  ])('raises the cap: of 100 with %p used before, %p', async (usedBefore, room) => {
    const on = plan(spec);
    await setTotals(on, [7n, usedBefore]);
    expect((await reserve(on, room - 6n)).status).toBe('refused');
    expect((await reserve(on, room - 7n)).status).toBe('admitted');
    expect((await reserve(on, 1n)).status).toBe('refused');
  });

  it('grows when a call of the window before settles for less', async () => {
    const before = planLimits([spec], 1, plan(spec).windows[0]!.startMs - 1);
    const open = { ...before, validFromMs: 0, validUntilMs: Number.MAX_SAFE_INTEGER };
    nextId += 1;
    const late = {
      holdId: `hold-${nextId}`,
      holdRecord: '{}',
      plan: open,
      amounts: unitAmounts({ ...NO_AMOUNTS, costNanoUsd: 80n }),
    };
    await store.reserve(TENANT, late);
    const on = plan(spec);
    expect((await reserve(on, 121n)).status).toBe('refused');
    const settled = store.settle(TENANT, {
      holdId: late.holdId,
      outboxEntry: '',
      plan: { chargedIds: before.chargedIds },
      deltas: unitAmounts({ ...NO_AMOUNTS, costNanoUsd: -20n }),
    });
    const [, outcome] = await Promise.all([settled, reserve(on, 121n)]);
    expect(outcome.status).toBe('admitted');
  });
});

describe('a limit in shadow mode', () => {
  it('counts and never refuses, beside one that does', async () => {
    const on = plan(limit(1, 'tokens', 5, { onExceed: 'shadow' }), limit(2, 'nano_usd', 10));
    expect((await reserve(on, 6n, 100)).status).toBe('admitted');
    expect((await reserve(on, 6n, 100)).status).toBe('refused');
    const outcome = await reserve(on, 4n, 1_000_000);
    expect(outcome).toEqual({ status: 'admitted', totals: ['1000100', '10'] });
    expect(standingsOf(on, [1_000_100n, 10n])[0]).toEqual({ used: 1_000_100n, cap: 5n });
  });
});

describe('all or nothing', () => {
  it.each(['the sliding limit', 'the budget that rolls over', 'the plain limit'])(
    'when %s refuses, nothing is charged to the others',
    async (name) => {
      const cap = (one: string): number => (one === name ? 10 : 1_000);
      const on = plan(
        limit(1, 'tokens', cap('the sliding limit'), { window: SLIDING }),
        limit(2, 'nano_usd', cap('the budget that rolls over') - 5, { rolloverMax: '5' }),
        limit(3, 'nano_usd', cap('the plain limit')),
      );
      const outcome = await reserve(on, 11n, 11);
      expect(outcome).toEqual({ status: 'refused', totals: on.counterIds.map(() => '0') });
      expect(await redis.hkeys(tenantKeys(TENANT).counters)).toEqual(['epoch']);
      expect(await redis.exists(tenantKeys(TENANT).holds)).toBe(0);
      expect((await reserve(on, 10n, 10)).status).toBe('admitted');
    },
  );
});

describe('large numbers', () => {
  const size = fc.oneof(
    fc.bigInt({ min: 0n, max: 1_000n }),
    fc.bigInt({ min: 10n ** 13n - 2n, max: 10n ** 15n + 2n }),
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
    fc.bigInt({ min: 0n, max: 7n * 10n ** 23n }),
  );

  it('are added up exactly over eleven buckets, at every scale', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(size, { minLength: 11, maxLength: 11 }), size, size, async (totals, needed, slack) => {
        const used = totals.reduce((sum, total) => sum + total, 0n);
        for (const [cap, status] of [
          [used + needed + slack, 'admitted'],
          [used + needed, 'admitted'],
          [used + needed - 1n, needed === 0n ? 'admitted' : 'refused'],
        ] as const) {
          if (cap < 0n || cap > 9n * 10n ** 24n) continue;
          const on = plan(limit(1, 'nano_usd', cap, { window: SLIDING }));
          await setTotals(on, totals);
          expect((await reserve(on, needed)).status).toBe(status);
          const charged = status === 'admitted' ? needed : 0n;
          expect(await store.readCounters(TENANT, [on.counterIds[0]!])).toEqual([String(totals[0]! + charged)]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('carry over exactly, at every scale', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, size, size, async (base, max, usedBefore, used) => {
        const room = base + carriedOver(base, max, usedBefore) - used;
        const on = plan(limit(1, 'nano_usd', base, { rolloverMax: max.toString() }));
        await setTotals(on, [used, usedBefore]);
        expect((await reserve(on, (room < 0n ? 0n : room) + 1n)).status).toBe('refused');
        if (room > 0n) expect((await reserve(on, room)).status).toBe('admitted');
      }),
      { numRuns: 300 },
    );
  });

  it('reach caps of 9e24, sliding and rolled over', async () => {
    const most = 9n * 10n ** 24n;
    const rolled = plan(limit(1, 'nano_usd', most - 10n ** 24n, { rolloverMax: (10n ** 24n).toString() }));
    await setTotals(rolled, [most - 5n, 0n]);
    expect((await reserve(rolled, 6n)).status).toBe('refused');
    expect((await reserve(rolled, 5n)).status).toBe('admitted');

    const sliding = plan(limit(2, 'nano_usd', most, { window: SLIDING }));
    const eleventh = most / 11n;
    const totals = sliding.counterIds.map(() => eleventh);
    await setTotals(sliding, totals);
    const left = most - eleventh * 11n;
    expect((await reserve(sliding, left + 1n)).status).toBe('refused');
    expect((await reserve(sliding, left)).status).toBe('admitted');
  });
});
