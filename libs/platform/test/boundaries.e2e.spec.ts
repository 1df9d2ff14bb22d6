import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CallAmounts,
  type LimitPlan,
  type LimitSpec,
  type LimitUnit,
  limitKey,
  parseCounterId,
  planLimits,
  standingsOf,
  uuidv7,
  type WindowSpec,
} from '@penstock/domain';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { startTestRedis, type TestRedis } from '@penstock/testing';
import { Redis } from 'ioredis';

import { AdmissionStore, unitAmounts, unitDeltas } from '../src/admission/index.js';

const TENANT = 'tenant';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A day of the calendar passes in this time of the machine's clock. */
const REAL_MS_PER_DAY = 700;
const DAYS = 4;
const CALLERS = 12;

let server: TestRedis;
let connections: Redis[];

beforeAll(async () => {
  server = await startTestRedis();
  connections = [new Redis(server.url), new Redis(server.url)];
});

afterAll(async () => {
  for (const redis of connections) redis.disconnect();
  await server.stop();
});

beforeEach(async () => {
  await connections[0]!.flushall();
});

/** Calendar time that runs so fast that days pass in a test; Redis judges it by its own clock all the same. */
class FastCalendar {
  private readonly speed = DAY_MS / REAL_MS_PER_DAY;
  private readonly realStartMs = Date.now();

  constructor(private readonly startMs: number) {}

  at(realMs: number): number {
    return Math.floor(this.startMs + (realMs - this.realStartMs) * this.speed);
  }

  get now(): number {
    return this.at(Date.now());
  }

  /** The plan of now, with its validity on the clock of Redis. */
  plan(limits: readonly LimitSpec[], calendarMs: number): LimitPlan {
    const plan = planLimits(limits, 1, calendarMs);
    return { ...plan, validFromMs: this.realAt(plan.validFromMs), validUntilMs: this.realAt(plan.validUntilMs) };
  }

  private realAt(calendarMs: number): number {
    return Math.ceil(this.realStartMs + (calendarMs - this.startMs) / this.speed);
  }
}

function limit(
  seq: number,
  unit: LimitUnit,
  cap: number,
  window: WindowSpec,
  more: Partial<LimitSpec> = {},
): LimitSpec {
  return {
    key: limitKey(unit, seq),
    limitId: `limit-${seq}`,
    unit,
    entity: 'virtual_key',
    entityId: 'key',
    entityName: 'key',
    cap: String(cap),
    generation: 1,
    window,
    durationText: '1d',
    ...more,
  };
}

/** Reserved for each call, of which a part is settled. */
const HELD: CallAmounts = {
  requests: 1,
  tokens: 100,
  inputTokens: 40,
  outputTokens: 60,
  concurrentRequests: 1,
  costNanoUsd: 1_000n,
  clientCostNanoUsd: 1_000n,
  credits: 0n,
  microCredits: 0n,
};

interface Settled {
  readonly counterIds: readonly string[];
  readonly amounts: CallAmounts;
}

describe.each([
  ['the spring change of Berlin', 'Europe/Berlin', '2026-03-27T22:30:00Z'],
  ['the autumn change of New York', 'America/New_York', '2026-10-31T02:30:00Z'],
  ['a midnight that does not exist, in Havana', 'America/Havana', '2026-03-06T23:00:00Z'],
  ['a month end, a quarter end and a year end', 'Asia/Kathmandu', '2026-12-30T16:00:00Z'],
])('calls across %s', (_, timeZone, start) => {
  it('are counted once each, in the window in which they began, and no window passes its cap', async () => {
    const startMs = Date.parse(start);
    const calendar = new FastCalendar(startMs);
    const aligned = { timeZone, fiscalYearStartMonth: 4, anchorMs: startMs, alignedFromMs: startMs };
    const limits = [
      limit(1, 'nano_usd', 60_000, { kind: 'calendar', unit: 'day', count: 1, ...aligned }),
      limit(2, 'nano_usd', 90_000, { kind: 'calendar', unit: 'day', count: 1, ...aligned }, { rolloverMax: '30000' }),
      limit(3, 'nano_usd', 10_000_000, { kind: 'calendar', unit: 'month', count: 1, ...aligned }),
      limit(4, 'requests', 40, { kind: 'rolling', durationMs: 8 * HOUR_MS, anchorMs: startMs + 17 }),
      limit(5, 'tokens', 12_000, { kind: 'sliding', durationMs: 20 * HOUR_MS, anchorMs: startMs + 5 }),
      limit(6, 'concurrent_requests', 5, { kind: 'unending' }),
    ];
    const stores = connections.map((redis) => new AdmissionStore(redis, { deadlineMs: 5_000 }));
    await stores[0]!.loadTenant(TENANT, 1, {});
    const settled: Settled[] = [];
    const statuses = new Map<string, number>();

    const call = async (store: AdmissionStore): Promise<void> => {
      let calendarMs = calendar.now;
      for (;;) {
        const plan = calendar.plan(limits, calendarMs);
        const holdId = uuidv7(Date.now());
        const outcome = await store.reserve(TENANT, { holdId, holdRecord: '{}', plan, amounts: unitAmounts(HELD) });
        statuses.set(outcome.status, (statuses.get(outcome.status) ?? 0) + 1);
        if (outcome.status === 'window_moved') {
          calendarMs = calendar.at(outcome.serverNowMs);
          continue;
        }
        if (outcome.status !== 'admitted') return;
        // What the script saw just after it admitted the call, by the same rules as the caller's.
        for (const { used, cap } of standingsOf(plan, outcome.totals.map(BigInt))) expect(used <= cap).toBe(true);
        await new Promise((resolve) => setImmediate(resolve));
        const tokens = 1 + Math.floor(Math.random() * 100);
        const amounts: CallAmounts = { ...HELD, tokens, concurrentRequests: 0, costNanoUsd: BigInt(tokens * 10) };
        const deltas = unitDeltas(HELD, amounts);
        expect(await store.settle(TENANT, { holdId, outboxEntry: '', plan, deltas })).toBe('settled');
        settled.push({ counterIds: plan.chargedIds, amounts });
        return;
      }
    };
    const callUntilTheEnd = async (store: AdmissionStore): Promise<void> => {
      while (calendar.now < startMs + DAYS * DAY_MS) await call(store);
    };
    await Promise.all(Array.from({ length: CALLERS }, (__, index) => callUntilTheEnd(stores[index % 2]!)));

    const { [EPOCH_FIELD]: epoch, ...counters } = await connections[0]!.hgetall(tenantKeys(TENANT).counters);
    expect(epoch).toBe('1');
    const expected = new Map<string, bigint>();
    for (const { counterIds, amounts } of settled) {
      for (const counterId of counterIds) {
        const { unit } = parseCounterId(counterId);
        const amount = { nano_usd: amounts.costNanoUsd, requests: 1n, tokens: BigInt(amounts.tokens) }[
          unit as 'tokens'
        ];
        expected.set(counterId, (expected.get(counterId) ?? 0n) + (amount ?? 0n));
      }
    }
    expect(new Map(Object.entries(counters).map(([id, total]) => [id, BigInt(total)]))).toEqual(expected);
    expect(await connections[0]!.hlen(tenantKeys(TENANT).holds)).toBe(0);
    // Something was at stake: boundaries were crossed under way, and caps were reached.
    const windowsOf = (seq: number, unit: LimitUnit): number =>
      Object.keys(counters).filter((id) => parseCounterId(id).limitKey === limitKey(unit, seq)).length;
    expect(windowsOf(1, 'nano_usd')).toBeGreaterThanOrEqual(DAYS);
    expect(windowsOf(4, 'requests')).toBeGreaterThan(DAYS);
    expect(statuses.get('refused')).toBeGreaterThan(0);
    expect(statuses.get('window_moved')).toBeGreaterThan(0);
  });
});
