import type { BenchRun } from './bench-run.js';
import { readCounters } from './limit-audit.js';
import { gatewayPid, oneRound, type RoundResult } from './measure-rounds.js';
import { progress } from './progress.js';
import { waitUntilAccounted } from './quiescence.js';
import { commandsBetween, readRedisCost } from './redis-cost.js';
import { median } from './statistics.js';
import { createTenant, FULL_PATH, ONE_LIMIT, type Tenant } from './tenant.js';

/** What a call costs under so many limits, in one round. */
export interface LimitCountRound {
  readonly gatewayCpuUs: number;
  /** Everything: admission, settlement, queue and worker. */
  readonly redisCpuUs: number;
  /** Inside the admission script alone. */
  readonly scriptUs: number;
  /** Script calls per call: below one when concurrent calls share them. */
  readonly scriptCalls: number;
  readonly callsPerS: number;
}

/** A path and what calls on it cost. */
export interface LimitCountSide {
  readonly tenantId: string;
  /** Counters that a call moved, as Redis has them: what was measured, not what was meant. */
  readonly limits: number;
  readonly rounds: readonly LimitCountRound[];
}

/** A key with one limit and a key with as many as there can be on its path, in alternation. */
export interface LimitCountResult {
  readonly one: LimitCountSide;
  readonly full: LimitCountSide;
}

/** How many times dearer the full path is: medians over the pairs of neighbouring rounds. */
export interface LimitCountRatios {
  readonly gatewayCpu: number;
  readonly redisCpu: number;
  /** Gateway and Redis together. */
  readonly cpu: number;
  /** Calls per second with one limit / with all of them. */
  readonly throughput: number;
}

const ACCOUNTING_TIMEOUT_MS = 60_000;
/** Enough calls to fetch both policies and load both tenants. */
const WARM_UP_MS = 300;

/** Measures what the number of limits on the path costs. */
export async function measureLimitCount(run: BenchRun): Promise<LimitCountResult> {
  progress('one limit and the fullest path, in alternation');
  const { stack } = run.system;
  const one = { tenant: await createTenant(stack, 'one limit', ONE_LIMIT), rounds: [] as LimitCountRound[] };
  const full = { tenant: await createTenant(stack, 'full path', FULL_PATH), rounds: [] as LimitCountRound[] };
  for (const { tenant } of [one, full]) await loadTenant(run, tenant, WARM_UP_MS);
  for (let round = 0; round < run.options.rounds; round += 1) {
    // Neither is always the first after the other's backlog.
    const order = round % 2 === 0 ? [one, full] : [full, one];
    for (const side of order) side.rounds.push(await costRound(run, side.tenant));
  }
  return { one: await sideOf(run, one), full: await sideOf(run, full) };
}

async function costRound(run: BenchRun, tenant: Tenant): Promise<LimitCountRound> {
  const { redis } = run.system;
  const before = await readRedisCost(redis);
  const { result, calls } = await loadTenant(run, tenant, run.options.roundMs / 2);
  const after = await readRedisCost(redis);
  const script = commandsBetween(before, after).find(({ name }) => name === 'evalsha') ?? { calls: 0, us: 0 };
  return {
    gatewayCpuUs: result.cpuUsPerCall,
    redisCpuUs: (after.cpuUs - before.cpuUs) / calls,
    scriptUs: script.us / calls,
    scriptCalls: script.calls / calls,
    callsPerS: result.callsPerS,
  };
}

async function loadTenant(
  run: BenchRun,
  { customerId, virtualKey }: Tenant,
  durationMs: number,
): Promise<{ result: RoundResult; calls: number }> {
  const callsBefore = run.expectedCalls;
  const headers = { authorization: `Bearer ${virtualKey}` };
  const result = await oneRound(run, 'gateway', gatewayPid(run), { headers, durationMs });
  await waitUntilAccounted(run.system.redis, customerId, ACCOUNTING_TIMEOUT_MS);
  return { result, calls: run.expectedCalls - callsBefore };
}

async function sideOf(
  run: BenchRun,
  { tenant, rounds }: { readonly tenant: Tenant; readonly rounds: readonly LimitCountRound[] },
): Promise<LimitCountSide> {
  const limits = (await readCounters(run.system.redis, tenant.customerId)).size;
  return { tenantId: tenant.customerId, limits, rounds };
}

/** Compares round by round, so that a slow spell of the machine meets both sides of a ratio. */
export function limitCountRatios({ one, full }: LimitCountResult): LimitCountRatios {
  const ratioOf = (pick: (round: LimitCountRound) => number): number =>
    median(one.rounds.map((round, index) => pick(full.rounds[index] as LimitCountRound) / pick(round)));
  return {
    gatewayCpu: ratioOf(({ gatewayCpuUs }) => gatewayCpuUs),
    redisCpu: ratioOf(({ redisCpuUs }) => redisCpuUs),
    cpu: ratioOf(({ gatewayCpuUs, redisCpuUs }) => gatewayCpuUs + redisCpuUs),
    throughput: ratioOf(({ callsPerS }) => 1 / callsPerS),
  };
}
