import type { BacklogResult } from './measure-backlog.js';
import type { BooksResult } from './measure-books.js';
import type { LatencyComparison } from './measure-latency.js';
import { limitCountRatios, type LimitCountResult, type LimitCountSide } from './measure-limit-count.js';
import type { RoundResult, RoundsResult } from './measure-rounds.js';
import type { SoakResult } from './measure-soak.js';
import type { TightBudgetResult } from './measure-tight-budgets.js';
import { median } from './statistics.js';

/** Everything a run has measured. */
export interface Measurements {
  readonly machine: string;
  readonly pinning: string;
  readonly isPinned: boolean;
  readonly concurrency: number;
  readonly ratePerS: number;
  readonly rounds: RoundsResult;
  readonly limitCount: LimitCountResult;
  readonly latency: LatencyComparison;
  readonly latencyAtRate: LatencyComparison;
  readonly firstByte: LatencyComparison;
  readonly backlog: BacklogResult;
  readonly soak: SoakResult;
  readonly tightBudgets: readonly TightBudgetResult[];
  readonly books: BooksResult;
  readonly problems: readonly string[];
  readonly elapsedS: number;
}

const medianOf = (results: readonly RoundResult[], pick: (result: RoundResult) => number): number =>
  median(results.map(pick));

/** The largest excess over any budget, during or after the calls. */
export function overspendOf({ books, tightBudgets }: Measurements): bigint {
  return [books.limits.overspendNanoUsd, ...tightBudgets.map(({ overspendNanoUsd }) => overspendNanoUsd)].reduce(
    (worst, one) => (one > worst ? one : worst),
  );
}

/** True when nothing was lost, doubled or overspent: the promise that no load may break. */
export function isCorrect(measured: Measurements): boolean {
  const { books } = measured;
  return (
    books.expected === books.served &&
    books.served === books.ledgerEvents &&
    books.servedTokens === books.ledgerTokens &&
    books.limits.drift === 0n &&
    overspendOf(measured) === 0n
  );
}

/** The machine-readable result: fixed keys first, details after. */
export function toJson(measured: Measurements): Record<string, unknown> {
  const { rounds, limitCount, latency, latencyAtRate, firstByte, backlog, soak, books } = measured;
  const at32 = latencyAtConcurrency(rounds);
  const limitRatios = limitCountRatios(limitCount);
  return {
    governed_ratio: round(rounds.governedRatio, 3),
    throughput_ratio: round(rounds.throughputRatio, 3),
    added_p50_ms: round(latency.gateway.p50 - latency.direct.p50, 3),
    added_p99_ms: round(latency.gateway.p99 - latency.direct.p99, 3),
    ttft_added_p50_ms: round(firstByte.gateway.p50 - firstByte.direct.p50, 3),
    limits_cost_ratio: round(limitRatios.cpu, 3),
    drain_ratio: round(backlog.drainRatio, 2),
    rss_mb: round(soak.rssMbEnd, 1),
    served: books.served,
    ledger_events: books.ledgerEvents,
    overspend_nanousd: Number(overspendOf(measured)),
    is_correct: isCorrect(measured),
    expected: books.expected,
    served_tokens: books.servedTokens,
    ledger_tokens: books.ledgerTokens,
    estimated_events: books.estimatedEvents,
    counter_drift: Number(books.limits.drift),
    overspend_tokens: Number(books.limits.overspendTokens),
    overspend_requests: Number(books.limits.overspendRequests),
    gateway_cpu_us: round(
      medianOf(rounds.gateway, ({ cpuUsPerCall }) => cpuUsPerCall),
      1,
    ),
    relay_cpu_us: round(
      medianOf(rounds.relay, ({ cpuUsPerCall }) => cpuUsPerCall),
      1,
    ),
    gateway_rps: round(
      medianOf(rounds.gateway, ({ callsPerS }) => callsPerS),
      0,
    ),
    relay_rps: round(
      medianOf(rounds.relay, ({ callsPerS }) => callsPerS),
      0,
    ),
    added_p50_over_relay_ms: round(latency.gateway.p50 - latency.relay.p50, 3),
    added_p99_over_relay_ms: round(latency.gateway.p99 - latency.relay.p99, 3),
    added_p50_c32_ms: round(at32.gateway.p50 - at32.direct.p50, 3),
    added_p99_c32_ms: round(at32.gateway.p99 - at32.direct.p99, 3),
    added_p50_at_rate_ms: round(latencyAtRate.gateway.p50 - latencyAtRate.direct.p50, 3),
    added_p99_at_rate_ms: round(latencyAtRate.gateway.p99 - latencyAtRate.direct.p99, 3),
    rate_per_s: measured.ratePerS,
    ttft_added_p99_ms: round(firstByte.gateway.p99 - firstByte.direct.p99, 3),
    limits_gateway_cpu_ratio: round(limitRatios.gatewayCpu, 3),
    limits_redis_cpu_ratio: round(limitRatios.redisCpu, 3),
    limits_throughput_ratio: round(limitRatios.throughput, 3),
    limits_one: limitSideJson(limitCount.one),
    limits_full: limitSideJson(limitCount.full),
    admitted_per_s: round(backlog.admittedPerS, 0),
    drained_per_s: round(backlog.drainedPerS, 0),
    redis_cpu_us: round(rounds.redisCpuUsPerCall, 1),
    redis_cpu_admission_us: round(backlog.redisCpuUsPerCall, 1),
    rss_mb_start: round(soak.rssMbStart, 1),
    rss_mb_max: round(soak.rssMbMax, 1),
    concurrency: measured.concurrency,
    foreign_core_share: measured.isPinned ? round(rounds.foreignShare, 3) : null,
    is_pinned: measured.isPinned,
    machine: measured.machine,
    elapsed_s: round(measured.elapsedS, 0),
    problems: measured.problems,
    rounds: rounds.gateway.map((gateway, index) => ({
      relay_cpu_us: round(rounds.relay[index]?.cpuUsPerCall ?? Number.NaN, 1),
      gateway_cpu_us: round(gateway.cpuUsPerCall, 1),
      relay_rps: round(rounds.relay[index]?.callsPerS ?? Number.NaN, 0),
      gateway_rps: round(gateway.callsPerS, 0),
    })),
  };
}

function limitSideJson({ limits, rounds }: LimitCountSide): Record<string, unknown> {
  const of = (pick: (one: LimitCountSide['rounds'][number]) => number): number => median(rounds.map(pick));
  return {
    limits,
    gateway_cpu_us: round(
      of(({ gatewayCpuUs }) => gatewayCpuUs),
      1,
    ),
    redis_cpu_us: round(
      of(({ redisCpuUs }) => redisCpuUs),
      1,
    ),
    script_us: round(
      of(({ scriptUs }) => scriptUs),
      1,
    ),
    script_calls: round(
      of(({ scriptCalls }) => scriptCalls),
      2,
    ),
    rps: round(
      of(({ callsPerS }) => callsPerS),
      0,
    ),
  };
}

/** Latencies of the throughput rounds: a closed loop at its limit, so they include the queue it makes for itself. */
export function latencyAtConcurrency(rounds: RoundsResult): LatencyComparison {
  const of = (results: readonly { readonly p50: number; readonly p99: number }[]): { p50: number; p99: number } => ({
    p50: median(results.map(({ p50 }) => p50)),
    p99: median(results.map(({ p99 }) => p99)),
  });
  return {
    direct: of(rounds.direct),
    relay: of(rounds.relay.map(({ latencyMs }) => latencyMs)),
    gateway: of(rounds.gateway.map(({ latencyMs }) => latencyMs)),
  };
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
