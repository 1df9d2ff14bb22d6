import type { BenchRun } from './bench-run.js';
import type { LoadOrder } from './load-generator.js';
import { TESTED_CORE } from './pinning.js';
import { coreBusyMs, cpuMsOf } from './process-stat.js';
import { progress } from './progress.js';
import { dearestCommands, readRedisCost } from './redis-cost.js';
import { median, type Quantiles } from './statistics.js';

/** One target in one round at full concurrency. */
export interface RoundResult {
  readonly callsPerS: number;
  readonly cpuUsPerCall: number;
  /** Share of its core that the process used. */
  readonly utilisation: number;
  /** Share of that core that somebody else used: strangers on the machine, or another virtual machine. */
  readonly foreignShare: number;
  readonly latencyMs: Quantiles;
}

/** Relay and gateway in alternation. */
export interface RoundsResult {
  readonly direct: readonly Quantiles[];
  readonly relay: readonly RoundResult[];
  readonly gateway: readonly RoundResult[];
  /** Medians over the rounds of relay / gateway and gateway / relay. */
  readonly governedRatio: number;
  readonly throughputRatio: number;
  /** Redis, per gateway call, everything included: admission, queue, worker. */
  readonly redisCpuUsPerCall: number;
  readonly redisCommands: readonly string[];
  /** Median over all rounds; see {@link RoundResult}. */
  readonly foreignShare: number;
}

/** Idle work of a call that is still to come when its answer is out; belongs to its cost. */
const AFTERWORK_MS = 150;

/** Measures CPU time per call and throughput, round by round, so that a slow spell of the machine meets both. */
export async function measureRounds(run: BenchRun): Promise<RoundsResult> {
  const direct: Quantiles[] = [];
  const relay: RoundResult[] = [];
  const gateway: RoundResult[] = [];
  const { redis } = run.system;
  const redisBefore = await readRedisCost(redis);
  const callsBefore = run.expectedCalls;
  for (let round = 1; round <= run.options.rounds; round += 1) {
    const { concurrency, roundMs } = run.options;
    direct.push((await run.load('direct', { concurrency, durationMs: roundMs / 4 })).latencyMs);
    relay.push(await oneRound(run, 'relay', run.system.relay.pid));
    gateway.push(await oneRound(run, 'gateway', gatewayPid(run)));
    await run.settle();
    progress(
      `round ${round}/${run.options.rounds}: relay ${describe(relay.at(-1))}, gateway ${describe(gateway.at(-1))}`,
    );
  }
  const redisAfter = await readRedisCost(redis);
  const calls = run.expectedCalls - callsBefore;
  const pairs = relay.map((ofRelay, index) => ({ ofRelay, ofGateway: gateway[index] as RoundResult }));
  return {
    direct,
    relay,
    gateway,
    governedRatio: median(pairs.map(({ ofRelay, ofGateway }) => ofRelay.cpuUsPerCall / ofGateway.cpuUsPerCall)),
    throughputRatio: median(pairs.map(({ ofRelay, ofGateway }) => ofGateway.callsPerS / ofRelay.callsPerS)),
    redisCpuUsPerCall: (redisAfter.cpuUs - redisBefore.cpuUs) / calls,
    redisCommands: dearestCommands(redisBefore, redisAfter, calls, 5),
    foreignShare: median([...relay, ...gateway].map(({ foreignShare }) => foreignShare)),
  };
}

/** One load at full concurrency, and what the process under test spent on it; `order` for another key or duration. */
export async function oneRound(
  run: BenchRun,
  name: 'relay' | 'gateway',
  pid: number,
  order: Partial<Pick<LoadOrder, 'headers' | 'durationMs'>> = {},
): Promise<RoundResult> {
  const cpuBeforeMs = cpuMsOf(pid);
  const coreBeforeMs = coreBusyMs(TESTED_CORE);
  const { concurrency, roundMs } = run.options;
  const result = await run.load(name, { concurrency, durationMs: roundMs, ...order });
  const busyMs = cpuMsOf(pid) - cpuBeforeMs;
  const foreignMs = coreBusyMs(TESTED_CORE) - coreBeforeMs - busyMs;
  await new Promise((resolve) => setTimeout(resolve, AFTERWORK_MS));
  return {
    callsPerS: (result.calls / result.elapsedMs) * 1000,
    cpuUsPerCall: ((cpuMsOf(pid) - cpuBeforeMs) * 1000) / result.calls,
    utilisation: busyMs / result.elapsedMs,
    foreignShare: Math.max(0, foreignMs / result.elapsedMs),
    latencyMs: result.latencyMs,
  };
}

/** The process under test. */
export function gatewayPid(run: BenchRun): number {
  const [gateway] = run.system.stack.gateways;
  if (gateway === undefined) throw new Error('There is no gateway in this stack.');
  return gateway.pid;
}

function describe(result: RoundResult | undefined): string {
  if (result === undefined) return '-';
  return `${result.callsPerS.toFixed(0)}/s at ${result.cpuUsPerCall.toFixed(1)} us CPU`;
}
