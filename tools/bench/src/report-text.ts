import type { LatencyComparison } from './measure-latency.js';
import { limitCountRatios, type LimitCountResult, type LimitCountSide } from './measure-limit-count.js';
import { isCorrect, latencyAtConcurrency, overspendOf, type Measurements } from './report.js';
import { median } from './statistics.js';

/** Network interrupts are charged to no process; more than this is somebody else. */
const FOREIGN_SHARE_MAX = 0.15;

/** The table for people. */
export function toText(measured: Measurements): string {
  const { rounds, backlog, soak, books } = measured;
  const relayCpu = median(rounds.relay.map(({ cpuUsPerCall }) => cpuUsPerCall));
  const gatewayCpu = median(rounds.gateway.map(({ cpuUsPerCall }) => cpuUsPerCall));
  const relayRate = median(rounds.relay.map(({ callsPerS }) => callsPerS));
  const gatewayRate = median(rounds.gateway.map(({ callsPerS }) => callsPerS));
  const busy = (results: readonly { readonly utilisation: number }[]): string =>
    `${(median(results.map(({ utilisation }) => utilisation)) * 100).toFixed(0)} % of its core`;
  const at = `at concurrency ${measured.concurrency}`;
  const lines: [string, string][] = [
    ['machine', measured.machine],
    ['cores', measured.pinning],
    ['', ''],
    ['CPU per call, relay', `${relayCpu.toFixed(1)} us`],
    ['CPU per call, gateway', `${gatewayCpu.toFixed(1)} us`],
    [
      'GOVERNED RATIO',
      `${rounds.governedRatio.toFixed(3)}   (CPU per call: relay / gateway, median of ${rounds.relay.length} rounds)`,
    ],
    [`calls/s ${at}, relay`, `${relayRate.toFixed(0)}   (${busy(rounds.relay)})`],
    [`calls/s ${at}, gateway`, `${gatewayRate.toFixed(0)}   (${busy(rounds.gateway)})`],
    ...(measured.isPinned ? [foreignLine(rounds.foreignShare)] : []),
    ['throughput ratio', rounds.throughputRatio.toFixed(3)],
    ['', ''],
    ...limitCountLines(measured.limitCount),
    ['', ''],
    ...latencyLines('latency at concurrency 1', measured.latency),
    ...latencyLines(`latency at ${measured.ratePerS} calls/s`, measured.latencyAtRate),
    ...latencyLines(`latency ${at}, saturated`, latencyAtConcurrency(rounds)),
    ...latencyLines('first byte of a stream', measured.firstByte),
    ['', ''],
    ['Redis CPU per call, all', `${rounds.redisCpuUsPerCall.toFixed(1)} us   (${rounds.redisCommands.join('; ')})`],
    [
      'Redis CPU per call, worker stopped',
      `${backlog.redisCpuUsPerCall.toFixed(1)} us   (${backlog.redisCommands.join('; ')})`,
    ],
    [
      'ledger',
      `admitted ${backlog.admittedPerS.toFixed(0)}/s, drained ${backlog.drainedPerS.toFixed(0)}/s (backlog ${backlog.backlog})`,
    ],
    ['drain ratio', backlog.drainRatio.toFixed(2)],
    [
      'gateway RSS',
      `${soak.rssMbStart.toFixed(0)} MB -> ${soak.rssMbEnd.toFixed(0)} MB over ${soak.seconds} s of load (max ${soak.rssMbMax.toFixed(0)} MB)`,
    ],
    ['', ''],
    ['answered = served = ledger', `${books.expected} = ${books.served} = ${books.ledgerEvents} calls`],
    [
      'served = ledger',
      `${books.servedTokens} = ${books.ledgerTokens} tokens (${books.estimatedEvents} calls estimated)`,
    ],
    ['Redis - PostgreSQL', `${books.limits.drift} over ${books.limits.countersChecked} counters`],
    ...measured.tightBudgets.map((tight): [string, string] => [
      `one cent for the ${tight.level}`,
      `${tight.served} served, ${tight.refused} refused, overspend ${tight.overspendNanoUsd} nano-USD in ${tight.samples} readings`,
    ]),
    [
      'overspend',
      `${overspendOf(measured)} nano-USD, ${books.limits.overspendTokens} tokens, ${books.limits.overspendRequests} requests`,
    ],
    ['', ''],
    ...measured.problems.map((problem): [string, string] => ['NOT ANSWERED WITH 200', problem]),
    [isCorrect(measured) ? 'BOOKS CORRECT' : 'BOOKS NOT CORRECT', `in ${measured.elapsedS.toFixed(0)} s`],
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, value]) => `${label.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}

function foreignLine(share: number): [string, string] {
  const warning = '   (TOO MUCH: the machine is not quiet, do not trust these numbers)';
  return ['taken by others of that core', `${(share * 100).toFixed(0)} %${share > FOREIGN_SHARE_MAX ? warning : ''}`];
}

function limitCountLines(result: LimitCountResult): [string, string][] {
  const ratios = limitCountRatios(result);
  const describe = ({ rounds }: LimitCountSide): string => {
    const of = (pick: (one: LimitCountSide['rounds'][number]) => number): number => median(rounds.map(pick));
    const gateway = of(({ gatewayCpuUs }) => gatewayCpuUs).toFixed(1);
    const redis = of(({ redisCpuUs }) => redisCpuUs).toFixed(1);
    const script = `${of(({ scriptUs }) => scriptUs).toFixed(1)} us in ${of(({ scriptCalls }) => scriptCalls).toFixed(2)}`;
    return `gateway ${gateway} us, Redis ${redis} us CPU per call (script ${script} calls), ${of(({ callsPerS }) => callsPerS).toFixed(0)} calls/s`;
  };
  return [
    [`path with limits: ${result.one.limits}`, describe(result.one)],
    [`path with limits: ${result.full.limits}`, describe(result.full)],
    [
      'COST OF THE FULL PATH',
      `${ratios.cpu.toFixed(2)} x (gateway ${ratios.gatewayCpu.toFixed(2)} x, Redis ${ratios.redisCpu.toFixed(2)} x, seconds per call ${ratios.throughput.toFixed(2)} x; median of ${result.one.rounds.length} rounds)`,
    ],
  ];
}

function latencyLines(label: string, { direct, relay, gateway }: LatencyComparison): [string, string][] {
  const pair = (p50: number, p99: number): string => `${p50.toFixed(3)} / ${p99.toFixed(3)} ms`;
  return [
    [
      `${label} (p50 / p99)`,
      `direct ${pair(direct.p50, direct.p99)}, relay ${pair(relay.p50, relay.p99)}, gateway ${pair(gateway.p50, gateway.p99)}`,
    ],
    [
      '  added by the gateway',
      `${pair(gateway.p50 - direct.p50, gateway.p99 - direct.p99)} over direct, ${pair(gateway.p50 - relay.p50, gateway.p99 - relay.p99)} over the relay`,
    ],
  ];
}
