import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  amountFor,
  type CallAmounts,
  type LimitPlan,
  type LimitSpec,
  type LimitUnit,
  limitKey,
  planLimits,
  standingsOf,
  unitOfKey,
  type WindowSpec,
} from '@penstock/domain';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { startTestRedis, type TestRedis } from '@penstock/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';

import { AdmissionStore, unitAmounts, unitDeltas } from '../src/admission/index.js';

/** Of the calendar in which plans are made; Redis is told that every plan of now is valid. */
const START_MS = Date.UTC(2026, 2, 28);
const HOUR_MS = 3_600_000;

let server: TestRedis;
let redis: Redis;
let store: AdmissionStore;
let tenants = 0;

beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
  store = new AdmissionStore(redis, { deadlineMs: 5_000 });
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const windowOf: Readonly<Record<string, WindowSpec>> = {
  rolling: { kind: 'rolling', durationMs: 3 * HOUR_MS, anchorMs: START_MS - 10 * HOUR_MS },
  sliding: { kind: 'sliding', durationMs: 5 * HOUR_MS, anchorMs: START_MS - HOUR_MS },
  calendar: {
    kind: 'calendar',
    unit: 'day',
    count: 1,
    timeZone: 'Europe/Berlin',
    anchorMs: START_MS - 100 * HOUR_MS,
  },
  unending: { kind: 'unending' },
};

const UNITS: readonly LimitUnit[] = [
  'requests',
  'tokens',
  'input_tokens',
  'output_tokens',
  'concurrent_requests',
  'nano_usd',
];

const limitArbitrary: fc.Arbitrary<LimitSpec> = fc
  .record({
    seq: fc.integer({ min: 1, max: 3 }),
    // Money twice as often: only budgets roll over.
    unit: fc.constantFrom(...UNITS, 'nano_usd' as const),
    window: fc.constantFrom('rolling', 'sliding', 'calendar'),
    cap: fc.nat(24),
    scale: fc.constantFrom(1n, 10n ** 13n, 10n ** 17n),
    rollover: fc.option(fc.nat(8), { nil: undefined }),
    isShadow: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    raise: fc.option(fc.record({ amount: fc.nat(30), fromH: fc.nat(20), forH: fc.nat(10) }), { nil: undefined }),
  })
  .map(({ seq, unit, window, cap, scale, rollover, isShadow, raise }) => {
    const isMoney = unit === 'nano_usd';
    const amount = (value: number): string => (BigInt(value) * (isMoney ? scale : 1n)).toString();
    const fromMs = START_MS + (raise?.fromH ?? 0) * HOUR_MS;
    return {
      key: limitKey(unit, seq),
      limitId: `${unit}-${seq}`,
      unit,
      entity: 'virtual_key',
      entityId: 'key',
      entityName: 'key',
      cap: amount(cap),
      generation: 1,
      window: windowOf[unit === 'concurrent_requests' ? 'unending' : window]!,
      durationText: window,
      ...(isShadow ? { onExceed: 'shadow' as const } : {}),
      ...(isMoney && rollover !== undefined && window !== 'sliding' ? { rolloverMax: amount(rollover) } : {}),
      ...(raise === undefined
        ? {}
        : { raises: [{ amount: amount(raise.amount), fromMs, untilMs: fromMs + raise.forH * HOUR_MS }] }),
    };
  });

const limitsArbitrary = fc.uniqueArray(limitArbitrary, { maxLength: 7, selector: ({ key }) => key });

const amountsArbitrary: fc.Arbitrary<CallAmounts> = fc
  .record({
    inputTokens: fc.nat(12),
    outputTokens: fc.nat(12),
    cost: fc.nat(12),
    scale: fc.constantFrom(1n, 10n ** 13n, 10n ** 17n),
  })
  .map(({ inputTokens, outputTokens, cost, scale }) => ({
    requests: 1,
    tokens: inputTokens + outputTokens,
    inputTokens,
    outputTokens,
    concurrentRequests: 1,
    costNanoUsd: BigInt(cost) * scale,
    clientCostNanoUsd: 0n,
    credits: 0n,
    microCredits: 0n,
  }));

type Op =
  | { readonly kind: 'reserve'; readonly amounts: CallAmounts; readonly policy: number }
  | { readonly kind: 'end'; readonly which: number; readonly part: number }
  | { readonly kind: 'end_again'; readonly which: number }
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'policy'; readonly limits: readonly LimitSpec[]; readonly policy: number }
  | { readonly kind: 'reset'; readonly policy: number };

const opArbitrary: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('reserve' as const), amounts: amountsArbitrary, policy: fc.nat(1) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(), part: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end_again' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.nat(6) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('policy' as const), limits: limitsArbitrary, policy: fc.nat(1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), policy: fc.nat(1) }) },
);

interface Call {
  readonly holdId: string;
  readonly plan: LimitPlan;
  readonly held: CallAmounts;
}

/** What the script promises, in a few lines of arithmetic without any batch, text or double. */
class Model {
  readonly totals = new Map<string, bigint>();
  readonly running: Call[] = [];
  readonly ended: Call[] = [];

  of(plan: LimitPlan): bigint[] {
    return plan.counterIds.map((id) => this.totals.get(id) ?? 0n);
  }

  /** Whether the call is admitted, and then that it is charged. */
  reserve(call: Call): boolean {
    const { plan, held } = call;
    const standings = standingsOf(plan, this.of(plan));
    const fits = plan.limits.every(({ unit, onExceed }, index) => {
      const needed = amountFor(unit, held);
      const { used, cap } = standings[index]!;
      return needed === 0n || onExceed === 'shadow' || used + needed <= cap;
    });
    if (!fits) return false;
    this.charge(plan, (unit) => amountFor(unit, held));
    this.running.push(call);
    return true;
  }

  end(call: Call, actual: CallAmounts): void {
    this.running.splice(this.running.indexOf(call), 1);
    this.ended.push(call);
    this.charge(call.plan, (unit) => amountFor(unit, actual) - amountFor(unit, call.held));
  }

  private charge(plan: LimitPlan, amount: (unit: LimitUnit) => bigint): void {
    for (const id of plan.chargedIds) this.totals.set(id, (this.totals.get(id) ?? 0n) + amount(unitOfKey(id)));
  }
}

/** What a call used in the end: nothing when it was never made, else a part of what was held for it. */
function actualOf(held: CallAmounts, part: number): CallAmounts {
  const share = (amount: number): number => Math.floor((amount * part) / 3);
  const inputTokens = share(held.inputTokens);
  const outputTokens = share(held.outputTokens);
  return {
    requests: part === 0 ? 0 : 1,
    tokens: inputTokens + outputTokens,
    inputTokens,
    outputTokens,
    concurrentRequests: 0,
    costNanoUsd: (held.costNanoUsd * BigInt(part)) / 3n,
    clientCostNanoUsd: 0n,
    credits: 0n,
    microCredits: 0n,
  };
}

/** Ops that are asked for at once travel in one batch, so each step is a handful of them. */
const stepsArbitrary = fc.array(fc.array(opArbitrary, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 });

it('decides and counts as the model does, for any policies, calls, changes, resets and moves of windows', async () => {
  let admitted = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.tuple(limitsArbitrary, limitsArbitrary), stepsArbitrary, async (initial, steps) => {
      tenants += 1;
      const tenantId = `tenant-${tenants}`;
      const keys = tenantKeys(tenantId);
      let epoch = 1;
      let nowMs = START_MS;
      let calls = 0;
      // Two keys of the tenant, whose limits overlap: the same key means the same limit, its terms those of its policy.
      const policies: LimitSpec[][] = [[...initial[0]], [...initial[1]]];
      const plans = new Map<string, LimitPlan>();
      const generations = new Map<string, number>();
      const model = new Model();
      await store.loadTenant(tenantId, epoch, {});

      const planOf = (policy: number): LimitPlan => {
        const id = `${policy}.${epoch}.${nowMs}`;
        let plan = plans.get(id);
        if (plan === undefined) {
          const limits = policies[policy]!.map((one) => ({ ...one, generation: generations.get(one.key) ?? 1 }));
          plan = { ...planLimits(limits, epoch, nowMs), validFromMs: 0, validUntilMs: Number.MAX_SAFE_INTEGER };
          plans.set(id, plan);
        }
        return plan;
      };
      const changed = async (): Promise<void> => {
        const stale = planOf(0);
        epoch += 1;
        await store.bumpEpoch(tenantId, epoch);
        const late = {
          holdId: `stale-${epoch}`,
          holdRecord: '{}',
          plan: stale,
          amounts: unitAmounts(actualOf(ONE_CALL, 3)),
        };
        expect(await store.reserve(tenantId, late)).toEqual({ status: 'stale', epoch });
      };
      const end = (call: Call, part: number): (() => Promise<void>) => {
        const actual = actualOf(call.held, part);
        model.end(call, actual);
        const deltas = unitDeltas(call.held, actual);
        // The owner has the plan at hand, the sweeper only the names of the counters.
        const plan = part % 2 === 0 ? call.plan : { chargedIds: call.plan.chargedIds };
        return async () => {
          const outcome = await store.settle(tenantId, { holdId: call.holdId, outboxEntry: 'N{}', plan, deltas });
          expect(outcome).toBe('settled');
        };
      };

      for (const step of steps) {
        // The script does settlements first, then reservations, each in the order in which they came.
        const ends: (() => Promise<void>)[] = [];
        const reserves: (() => Promise<void>)[] = [];
        const ending = step.filter((op) => op.kind === 'end');
        for (const { which, part } of ending) {
          const call = model.running[which % Math.max(1, model.running.length)];
          if (call !== undefined) ends.push(end(call, part));
        }
        for (const op of step) {
          if (op.kind === 'reserve') {
            calls += 1;
            const call: Call = { holdId: `${tenantId}-${calls}`, plan: planOf(op.policy), held: op.amounts };
            const isAdmitted = model.reserve(call);
            if (isAdmitted) admitted += 1;
            else refused += 1;
            const amounts = unitAmounts(call.held);
            reserves.push(async () => {
              const outcome = await store.reserve(tenantId, {
                holdId: call.holdId,
                holdRecord: '{}',
                plan: call.plan,
                amounts,
              });
              expect(outcome.status).toBe(isAdmitted ? 'admitted' : 'refused');
            });
          } else if (op.kind === 'end_again') {
            const call = model.ended[op.which % Math.max(1, model.ended.length)];
            if (call === undefined) continue;
            const again = { holdId: call.holdId, outboxEntry: '', plan: call.plan, deltas: unitAmounts(call.held) };
            ends.push(async () => expect(await store.settle(tenantId, again)).toBe('missing'));
          }
        }
        await Promise.all([...ends, ...reserves].map((run) => run()));

        for (const op of step) {
          if (op.kind === 'wait') nowMs += op.hours * HOUR_MS;
          else if (op.kind === 'policy') {
            policies[op.policy] = [...op.limits];
            await changed();
          } else if (op.kind === 'reset') {
            for (const { key } of policies[op.policy]!) {
              // Concurrent requests are never reset.
              if (unitOfKey(key) !== 'concurrent_requests') generations.set(key, (generations.get(key) ?? 1) + 1);
            }
            await changed();
          }
        }

        const { [EPOCH_FIELD]: inForce, ...counters } = await redis.hgetall(keys.counters);
        expect(inForce).toBe(String(epoch));
        for (const [id, total] of model.totals) expect([id, counters[id] ?? '0']).toEqual([id, total.toString()]);
        for (const id of Object.keys(counters)) expect(model.totals.has(id)).toBe(true);
        expect((await redis.hkeys(keys.holds)).toSorted()).toEqual(
          model.running.map(({ holdId }) => holdId).toSorted(),
        );
      }

      await Promise.all(model.running.slice().map((call) => end(call, 1)()));
      expect(await redis.exists(keys.holds, keys.dispatched)).toBe(0);
      for (const [id, total] of model.totals) {
        expect(total).toBeGreaterThanOrEqual(0n);
        if (unitOfKey(id) === 'concurrent_requests') expect(total).toBe(0n);
      }
    }),
    { numRuns: 300 },
  );
  // Something was at stake.
  expect(admitted).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(500);
});

const ONE_CALL: CallAmounts = {
  requests: 1,
  tokens: 2,
  inputTokens: 1,
  outputTokens: 1,
  concurrentRequests: 1,
  costNanoUsd: 1n,
  clientCostNanoUsd: 0n,
  credits: 0n,
  microCredits: 0n,
};
