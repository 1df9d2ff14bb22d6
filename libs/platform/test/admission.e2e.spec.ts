import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CallAmounts, NO_AMOUNTS } from '@penstock/domain';
import { tenantKeys } from '@penstock/dto';
import { startTestRedis, type TestRedis } from '@penstock/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';

import {
  AdmissionStore,
  type CounterPlan,
  type ReserveOp,
  type SettleOp,
  StoreUnavailableError,
  type UnitAmounts,
  unitAmounts,
  unitDeltas,
} from '../src/admission/index.js';

const TENANT = 'tenant-1';
const COUNTERS = ['q1.0.0', 't1.0.0', 'c1.0.0'];
const FOR_EVER = { validFromMs: 0, validUntilMs: Number.MAX_SAFE_INTEGER };

let server: TestRedis;
let redis: Redis;
let store: AdmissionStore;
let nextId = 0;

beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url, { enableOfflineQueue: true });
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

function planOf({ counterIds = COUNTERS, ...overrides }: Partial<CounterPlan> = {}): CounterPlan {
  const { chargedIds = counterIds } = overrides;
  return { epoch: 1, ...FOR_EVER, caps: ['5', '1000', '1000000'], ...overrides, counterIds, chargedIds };
}

function amountsOf(requests: unknown, tokens: unknown, costNanoUsd: unknown): UnitAmounts {
  return {
    ...unitAmounts(NO_AMOUNTS),
    requests: String(requests),
    tokens: String(tokens),
    costNanoUsd: String(costNanoUsd),
    credits: '0',
    microCredits: '0',
  };
}

function op(plan: CounterPlan = planOf(), amounts = amountsOf(1, 10, 1000)): ReserveOp {
  nextId += 1;
  return { holdId: `hold-${nextId}`, holdRecord: '{}', plan, amounts };
}

describe('reserve', () => {
  it('admits exactly as many concurrent calls as fit, however they are batched', async () => {
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => store.reserve(TENANT, op())));
    expect(outcomes.filter(({ status }) => status === 'admitted')).toHaveLength(5);
    expect(outcomes.filter(({ status }) => status === 'refused')).toHaveLength(195);
    expect(await store.readCounters(TENANT, COUNTERS)).toEqual(['5', '50', '5000']);
  });

  it('leaves no trace at any level when one level refuses', async () => {
    const outcome = await store.reserve(TENANT, op(planOf({ caps: ['5', '1000', '999'] })));
    expect(outcome).toEqual({ status: 'refused', totals: ['0', '0', '0'] });
    expect(await redis.hlen(tenantKeys(TENANT).counters)).toBe(1);
    expect(await redis.exists(tenantKeys(TENANT).holds)).toBe(0);
    expect(await redis.exists(tenantKeys(TENANT).dispatched)).toBe(0);
  });

  it('refuses a stale epoch and names the one in force', async () => {
    await store.bumpEpoch(TENANT, 7);
    expect(await store.reserve(TENANT, op())).toEqual({ status: 'stale', epoch: 7 });
  });

  it('never lowers an epoch', async () => {
    await store.bumpEpoch(TENANT, 7);
    expect(await store.bumpEpoch(TENANT, 3)).toBe(7);
  });

  it('tells that a tenant is not loaded', async () => {
    expect(await store.reserve('another', op())).toEqual({ status: 'not_loaded' });
  });

  it('goes by the time of the server, not of the caller', async () => {
    const outcome = await store.reserve(TENANT, op(planOf({ validUntilMs: 1_000 })));
    expect(outcome).toEqual({ status: 'window_moved', serverNowMs: expect.any(Number) });
  });

  it('admits what needs nothing of an exhausted limit', async () => {
    const outcome = await store.reserve(TENANT, op(planOf({ caps: ['5', '1000', '0'] }), amountsOf(1, 10, 0)));
    expect(outcome.status).toBe('admitted');
  });

  it('marks admitted holds as dispatched before the caller hears of it', async () => {
    const hold = op();
    await store.reserve(TENANT, hold);
    expect(await redis.sismember(tenantKeys(TENANT).dispatched, hold.holdId)).toBe(1);
  });
});

describe('six units', () => {
  const every = ['q1.1.0', 't1.1.0', 'c1.1.0', 'i1.1.0', 'o1.1.0', 'n1.1.0'];
  const held: CallAmounts = {
    requests: 1,
    tokens: 70,
    inputTokens: 50,
    outputTokens: 20,
    concurrentRequests: 1,
    costNanoUsd: 9_000n,
    clientCostNanoUsd: 0n,
    credits: 0n,
    microCredits: 0n,
  };
  const heldTotals = ['1', '70', '9000', '50', '20', '1'];
  const capsOf = (scarce?: number): string[] => heldTotals.map((total, index) => (index === scarce ? total : '999999'));

  it.each(every.map((id, index) => [id, index] as const))(
    'are each counted and enforced: %s leaves room for one, and the refused call leaves no trace',
    async (_, index) => {
      const plan = planOf({ counterIds: every, caps: capsOf(index) });
      const outcomes = await Promise.all([1, 2, 3].map(() => store.reserve(TENANT, op(plan, unitAmounts(held)))));
      expect(outcomes.map(({ status }) => status)).toEqual(['admitted', 'refused', 'refused']);
      expect(await store.readCounters(TENANT, every)).toEqual(heldTotals);
    },
  );

  it('are settled to what was used; the place among the concurrent requests is given back', async () => {
    const hold = op(planOf({ counterIds: every, caps: capsOf() }), unitAmounts(held));
    await store.reserve(TENANT, hold);
    const actual = { ...held, tokens: 33, inputTokens: 30, outputTokens: 3, concurrentRequests: 0, costNanoUsd: 44n };
    const settle: SettleOp = {
      holdId: hold.holdId,
      outboxEntry: 'N{}',
      plan: hold.plan,
      deltas: unitDeltas(held, actual),
    };
    expect(await Promise.all([store.settle(TENANT, settle), store.settle(TENANT, settle)])).toEqual([
      'settled',
      'missing',
    ]);
    expect(await store.readCounters(TENANT, every)).toEqual(['1', '33', '44', '30', '3', '0']);
  });

  it('are given back as a whole on release, by somebody who knows only the counters', async () => {
    const hold = op(planOf({ counterIds: every, caps: capsOf() }), unitAmounts(held));
    await store.reserve(TENANT, hold);
    const deltas = unitDeltas(held, NO_AMOUNTS);
    await store.settle(TENANT, { holdId: hold.holdId, outboxEntry: '', plan: { chargedIds: every }, deltas });
    expect(await store.readCounters(TENANT, every)).toEqual(['0', '0', '0', '0', '0', '0']);
  });

  it('share a batch with calls whose plans count three', async () => {
    const [some, all] = [planOf(), planOf({ counterIds: every, caps: capsOf() })];
    const ops = [op(some), op(all, unitAmounts(held)), op(some), op(all, unitAmounts(held))];
    const outcomes = await Promise.all(ops.map((one) => store.reserve(TENANT, one)));
    expect(outcomes.map(({ status }) => status)).toEqual(ops.map(() => 'admitted'));
    const deltas = [unitDeltas(held, { ...held, concurrentRequests: 0, outputTokens: 1 }), amountsOf(0, -4, -250)];
    await Promise.all(
      ops.map(({ holdId, plan }) =>
        store.settle(TENANT, { holdId, outboxEntry: 'N{}', plan, deltas: deltas[plan === all ? 0 : 1]! }),
      ),
    );
    expect(await store.readCounters(TENANT, COUNTERS)).toEqual(['2', '12', '1500']);
    expect(await store.readCounters(TENANT, every)).toEqual(['2', '140', '18000', '100', '2', '0']);
  });

  it('never let more calls run at once than allowed, and let the next one in when one ends', async () => {
    const plan = planOf({ counterIds: ['n1.1.0'], caps: ['3'] });
    const one: CallAmounts = { ...NO_AMOUNTS, requests: 1, concurrentRequests: 1 };
    let running = 0;
    let peak = 0;
    let served = 0;
    const caller = async (): Promise<void> => {
      while (served < 60) {
        const call = op(plan, unitAmounts(one));
        const { status } = await store.reserve(TENANT, call);
        if (status !== 'admitted') continue;
        running += 1;
        served += 1;
        peak = Math.max(peak, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        const deltas = unitDeltas(one, { ...one, concurrentRequests: 0 });
        await store.settle(TENANT, { holdId: call.holdId, outboxEntry: 'N{}', plan, deltas });
      }
    };
    await Promise.all(Array.from({ length: 10 }, caller));
    expect(peak).toBe(3);
    expect(await store.readCounters(TENANT, ['n1.1.0'])).toEqual(['0']);
  });
});

describe('settle', () => {
  it('applies once, whatever the number of attempts', async () => {
    const hold = op();
    await store.reserve(TENANT, hold);
    const settle = {
      holdId: hold.holdId,
      outboxEntry: 'N{"a":1}',
      plan: hold.plan,
      deltas: amountsOf(0, -4, -250),
    };
    const outcomes = await Promise.all([store.settle(TENANT, settle), store.settle(TENANT, settle)]);
    expect(outcomes).toEqual(['settled', 'missing']);
    expect(await store.settle(TENANT, settle)).toBe('missing');
    expect(await store.readCounters(TENANT, COUNTERS)).toEqual(['1', '6', '750']);
    expect(await redis.hget(tenantKeys(TENANT).outbox, hold.holdId)).toBe('N{"a":1}');
    expect(await redis.exists(tenantKeys(TENANT).holds)).toBe(0);
    expect(await redis.exists(tenantKeys(TENANT).dispatched)).toBe(0);
  });

  it('keeps the account of a call whose hold is gone, marked as late', async () => {
    await store.settle(TENANT, {
      holdId: 'lost',
      outboxEntry: 'N{"a":1}',
      plan: planOf(),
      deltas: amountsOf(0, -1, -1),
    });
    expect(await redis.hget(tenantKeys(TENANT).outbox, 'lost')).toBe('L{"a":1}');
  });

  it('gives everything back on release', async () => {
    const hold = op();
    await store.reserve(TENANT, hold);
    await store.settle(TENANT, {
      holdId: hold.holdId,
      outboxEntry: '',
      plan: hold.plan,
      deltas: amountsOf(-1, -10, -1000),
    });
    expect(await store.readCounters(TENANT, COUNTERS)).toEqual(['0', '0', '0']);
    expect(await redis.exists(tenantKeys(TENANT).outbox)).toBe(0);
  });
});

describe('arithmetic', () => {
  const amount = fc.oneof(
    fc.bigInt({ min: 0n, max: 2_000n }),
    fc.bigInt({ min: 10n ** 14n, max: 10n ** 16n }),
    fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
    fc.bigInt({ min: 0n, max: 10n ** 22n }),
  );

  it('is exact below, at and far beyond 2^53', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ amount, actual: amount, cap: amount }), { minLength: 1, maxLength: 12 }),
        async (calls) => {
          await redis.hdel(tenantKeys(TENANT).counters, 'c9.0.0');
          let expected = 0n;
          for (const call of calls) {
            const hold = op(planOf({ counterIds: ['c9.0.0'], caps: [String(call.cap)] }), amountsOf(1, 1, call.amount));
            const outcome = await store.reserve(TENANT, hold);
            const fits = call.amount === 0n || expected + call.amount <= call.cap;
            expect(outcome.status).toBe(fits ? 'admitted' : 'refused');
            if (!fits) continue;
            expected += call.amount;
            expect(await store.readCounters(TENANT, ['c9.0.0'])).toEqual([String(expected)]);
            const delta = call.actual - call.amount;
            await store.settle(TENANT, {
              holdId: hold.holdId,
              outboxEntry: '',
              plan: hold.plan,
              deltas: amountsOf(0, 0, delta),
            });
            expected += delta;
            expect(await store.readCounters(TENANT, ['c9.0.0'])).toEqual([String(expected)]);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('never passes a cap and never leaves a hold, for any interleaving of calls', async () => {
    const caps = ['6', '400', '90000'];
    const plan = planOf({ caps });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            tokens: fc.integer({ min: 0, max: 200 }),
            cost: fc.integer({ min: 0, max: 40_000 }),
            ends: fc.boolean(),
          }),
          { minLength: 1, maxLength: 40 },
        ),
        async (calls) => {
          await redis.del(tenantKeys(TENANT).counters);
          await store.loadTenant(TENANT, 1, {});
          await Promise.all(
            calls.map(async (call) => {
              const hold = op(plan, amountsOf(1, call.tokens, call.cost));
              const outcome = await store.reserve(TENANT, hold);
              if (outcome.status !== 'admitted') return;
              for (const [index, total] of outcome.totals.entries()) {
                expect(BigInt(total)).toBeLessThanOrEqual(BigInt(caps[index]!));
              }
              await store.settle(TENANT, {
                holdId: hold.holdId,
                outboxEntry: '',
                plan: hold.plan,
                deltas: call.ends
                  ? amountsOf(0, -Math.floor(call.tokens / 2), -Math.floor(call.cost / 2))
                  : amountsOf(-1, -call.tokens, -call.cost),
              });
            }),
          );
          const totals = await store.readCounters(TENANT, COUNTERS);
          for (const [index, total] of totals.entries()) {
            expect(BigInt(total)).toBeLessThanOrEqual(BigInt(caps[index]!));
            expect(BigInt(total)).toBeGreaterThanOrEqual(0n);
          }
          expect(await redis.exists(tenantKeys(TENANT).holds)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('with its memory full', () => {
  it('is refused as a whole, before anything is changed', async () => {
    const hold = op();
    await store.reserve(TENANT, hold);
    const settle = { holdId: hold.holdId, outboxEntry: 'N{}', plan: hold.plan, deltas: amountsOf(0, -5, -500) };
    await redis.config('SET', 'maxmemory', '1mb');
    try {
      const outcomes = await Promise.allSettled([store.settle(TENANT, settle), store.reserve(TENANT, op())]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { name: 'StoreUnavailableError', mayHaveRun: false },
        });
      }
      expect(await store.readCounters(TENANT, COUNTERS)).toEqual(['1', '10', '1000']);
      expect(await redis.hlen(tenantKeys(TENANT).holds)).toBe(1);
    } finally {
      await redis.config('SET', 'maxmemory', '0');
    }
    expect(await store.settle(TENANT, settle)).toBe('settled');
    expect(await store.readCounters(TENANT, COUNTERS)).toEqual(['1', '5', '500']);
  });
});

describe('without Redis', () => {
  it('answers within its deadline instead of hanging', async () => {
    const away = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => null });
    const lonely = new AdmissionStore(away, { deadlineMs: 50 });
    await expect(lonely.reserve(TENANT, op())).rejects.toBeInstanceOf(StoreUnavailableError);
    away.disconnect();
  });
});
