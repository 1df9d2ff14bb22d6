import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CallAmounts,
  creditCounterId,
  creditHoldCounterId,
  creditsHeld,
  type LimitPlan,
  limitKey,
  NO_AMOUNTS,
  planLimits,
  withJob,
} from '@penstock/domain';
import { startTestRedis, type TestRedis } from '@penstock/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';

import { AdmissionStore, unitAmounts, unitDeltas } from '../src/admission/index.js';

const TENANT = 'tenant-1';
const ACCOUNT = creditCounterId(1);
const NOW_MS = Date.now();
const JOBS = [1, 2, 3];

let server: TestRedis;
let redis: Redis;
let store: AdmissionStore;

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
  store = new AdmissionStore(redis, { deadlineMs: 5_000 });
  await store.loadTenant(TENANT, 1, {});
});

/** A path with a limit of each kind of window, so that a job's counter has neighbours; only the credits are tight. */
function planOf(cap: bigint): LimitPlan {
  const common = {
    limitId: 'l',
    entity: 'team',
    entityId: 't',
    entityName: 't',
    generation: 0,
    durationText: '',
  } as const;
  return planLimits(
    [
      { ...common, key: limitKey('requests', 1), unit: 'requests', cap: '1000000', window: SLIDING },
      { ...common, key: limitKey('credits', 1), unit: 'credits', cap: cap.toString(), window: { kind: 'unending' } },
      {
        ...common,
        key: limitKey('nano_usd', 1),
        unit: 'nano_usd',
        cap: '9'.repeat(20),
        window: ROLLING,
        rolloverMax: '5',
      },
    ],
    1,
    NOW_MS,
  );
}

const SLIDING = { kind: 'sliding', durationMs: 86_400_000, anchorMs: 0 } as const;
const ROLLING = { kind: 'rolling', durationMs: 86_400_000, anchorMs: 0 } as const;

/** What should be in Redis, in exact arithmetic. */
class Model {
  used = 0n;
  readonly jobs = new Map<number, bigint>();

  constructor(readonly cap: bigint) {}

  get total(): bigint {
    return [...this.jobs.values()].reduce((sum, micro) => sum + creditsHeld(micro), this.used);
  }

  growth(job: number, micro: bigint): bigint {
    const now = this.jobs.get(job) ?? 0n;
    return creditsHeld(now + micro) - creditsHeld(now);
  }
}

interface RunningCall {
  readonly id: string;
  readonly plan: LimitPlan;
  readonly amounts: CallAmounts;
  readonly job: number | undefined;
}

const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('open' as const), job: fc.constantFrom(...JOBS), first: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), job: fc.constantFrom(...JOBS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('call' as const), credits: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('jobCall' as const),
      job: fc.constantFrom(...JOBS),
      micro: fc.oneof(fc.constant(0), fc.nat(3_000_000)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(20), thirds: fc.nat(3) }) },
);

describe('credits in Redis', () => {
  it('are what calls and jobs took, never more than came in, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(3n, 12n, 10n ** 15n),
        fc.array(step, { minLength: 1, maxLength: 40 }),
        async (room, steps) => {
          await redis.flushall();
          // Far from zero, the script computes on pairs of digits.
          const start = room > 1_000n ? room - 9n : 0n;
          await store.loadTenant(TENANT, 1, { [ACCOUNT]: start.toString() });
          const model = new Model(room);
          model.used = start;
          const plan = planOf(room);
          let running: RunningCall[] = [];
          for (const [index, one] of steps.entries()) {
            if (one.kind === 'open') {
              const initial = BigInt(one.first) * 1_000_000n;
              const isOpen = model.jobs.has(one.job);
              const fits = isOpen || model.total + creditsHeld(initial) <= model.cap;
              const outcome = await store.openCreditHold(TENANT, {
                epoch: 1,
                accountCounterId: ACCOUNT,
                cap: room.toString(),
                holdCounterId: creditHoldCounterId(one.job),
                initialMicroCredits: initial.toString(),
              });
              expect(outcome.status).toBe(fits ? 'open' : 'refused');
              if (fits && !isOpen) model.jobs.set(one.job, initial);
            } else if (one.kind === 'close') {
              const micro = model.jobs.get(one.job);
              const charged = micro === undefined ? 0n : creditsHeld(micro);
              const hold = {
                accountCounterId: ACCOUNT,
                holdCounterId: creditHoldCounterId(one.job),
                chargedCredits: charged.toString(),
              };
              await store.closeCreditHolds(TENANT, [hold, hold]);
              model.jobs.delete(one.job);
              model.used += charged;
            } else if (one.kind === 'end') {
              const call = running[one.which];
              if (call === undefined) continue;
              running = running.filter((other) => other !== call);
              const part = (amount: bigint): bigint => (amount * BigInt(one.thirds)) / 3n;
              const actual = {
                ...call.amounts,
                credits: part(call.amounts.credits),
                microCredits: part(call.amounts.microCredits),
              };
              const op = {
                holdId: call.id,
                outboxEntry: '',
                plan: call.plan,
                deltas: unitDeltas(call.amounts, actual),
              };
              expect(await store.settle(TENANT, op)).toBe('settled');
              expect(await store.settle(TENANT, op)).toBe('missing');
              model.used += actual.credits - call.amounts.credits;
              const micro = call.job === undefined ? undefined : model.jobs.get(call.job);
              if (call.job !== undefined && micro !== undefined) {
                model.jobs.set(call.job, micro + actual.microCredits - call.amounts.microCredits);
              }
            } else {
              const job = one.kind === 'jobCall' ? one.job : undefined;
              const amounts: CallAmounts = {
                ...NO_AMOUNTS,
                requests: 1,
                credits: one.kind === 'call' ? BigInt(one.credits) : 0n,
                microCredits: one.kind === 'jobCall' ? BigInt(one.micro) : 0n,
              };
              const ownPlan = job === undefined ? plan : withJob(plan, creditHoldCounterId(job));
              const id = `call-${index}`;
              const op = { holdId: id, holdRecord: '{}', plan: ownPlan, amounts: unitAmounts(amounts) };
              const outcome = await store.reserve(TENANT, op);
              const needed = job === undefined ? amounts.credits : model.growth(job, amounts.microCredits);
              if (job !== undefined && !model.jobs.has(job)) {
                expect(outcome.status).toBe('job_not_open');
                continue;
              }
              const fits = needed === 0n || model.total + needed <= model.cap;
              expect(outcome.status).toBe(fits ? 'admitted' : 'refused');
              if (!fits) continue;
              if (job === undefined) model.used += amounts.credits;
              else model.jobs.set(job, (model.jobs.get(job) ?? 0n) + amounts.microCredits);
              running.push({ id, plan: ownPlan, amounts, job });
            }
            const holds = JOBS.map((job) => creditHoldCounterId(job));
            const values = await redis.hmget(`penstock:v1:{${TENANT}}:counters`, ACCOUNT, ...holds);
            expect(BigInt(values[0] ?? '0')).toBe(model.total);
            expect(model.total).toBeLessThanOrEqual(model.cap);
            expect(values.slice(1)).toEqual(JOBS.map((job) => model.jobs.get(job)?.toString() ?? null));
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  it('a call of a job that ended while it ran changes nothing when it settles', async () => {
    const plan = withJob(planOf(5n), creditHoldCounterId(1));
    const hold = { accountCounterId: ACCOUNT, holdCounterId: creditHoldCounterId(1) };
    await store.openCreditHold(TENANT, { epoch: 1, cap: '5', initialMicroCredits: '0', ...hold });
    const amounts: CallAmounts = { ...NO_AMOUNTS, requests: 1, microCredits: 3_000_000n };
    await store.reserve(TENANT, { holdId: 'a', holdRecord: '{}', plan, amounts: unitAmounts(amounts) });
    expect(await store.readCounters(TENANT, [ACCOUNT])).toEqual(['3']);

    await store.closeCreditHolds(TENANT, [{ ...hold, chargedCredits: '0' }]);
    expect(await store.readCounters(TENANT, [ACCOUNT])).toEqual(['0']);
    await store.settle(TENANT, { holdId: 'a', outboxEntry: 'N{}', plan, deltas: unitDeltas(amounts, NO_AMOUNTS) });

    expect(await store.readCounters(TENANT, [ACCOUNT, creditHoldCounterId(1)])).toEqual(['0', '0']);
    expect(await redis.hexists(`penstock:v1:{${TENANT}}:counters`, creditHoldCounterId(1))).toBe(0);
  });

  it('concurrent calls of one job share what is left, to the last credit', async () => {
    const plan = withJob(planOf(3n), creditHoldCounterId(1));
    const hold = { accountCounterId: ACCOUNT, holdCounterId: creditHoldCounterId(1) };
    await store.openCreditHold(TENANT, { epoch: 1, cap: '3', initialMicroCredits: '0', ...hold });
    const amounts = unitAmounts({ ...NO_AMOUNTS, requests: 1, microCredits: 400_000n });
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        store.reserve(TENANT, { holdId: `c${index}`, holdRecord: '{}', plan, amounts }),
      ),
    );
    // 0.4 credits each: the tenth would make it four.
    expect(outcomes.filter(({ status }) => status === 'admitted')).toHaveLength(9);
    expect(await store.readCounters(TENANT, [ACCOUNT])).toEqual(['3']);
  });
});
