import type { BenchRun } from './bench-run.js';
import type { LoadResult } from './load-generator.js';
import { progress } from './progress.js';
import { STREAM_BODY } from './request-body.js';
import { median } from './statistics.js';

/** Medians over the rounds, in milliseconds. */
export interface LatencyResult {
  readonly p50: number;
  readonly p99: number;
}

/** The same call three ways. */
export interface LatencyComparison {
  readonly direct: LatencyResult;
  readonly relay: LatencyResult;
  readonly gateway: LatencyResult;
}

const RATE_CONNECTIONS = 64;
const WAYS = ['direct', 'relay', 'gateway'] as const;

/** Time to the last byte of a plain call, one call at a time. */
export function measureLatency(run: BenchRun): Promise<LatencyComparison> {
  progress('latency at concurrency 1');
  return alternate(run, (name) => run.load(name, { concurrency: 1, durationMs: run.options.latencyMs }), 'latencyMs');
}

/** Time to the last byte of a plain call when calls come at a fixed rate, answered or not: no queue of its own making. */
export function measureLatencyAtRate(run: BenchRun): Promise<LatencyComparison> {
  const { ratePerS, latencyMs } = run.options;
  progress(`latency at ${ratePerS} calls/s`);
  return alternate(
    run,
    (name) => run.load(name, { concurrency: RATE_CONNECTIONS, ratePerS, durationMs: latencyMs }),
    'latencyMs',
  );
}

/** Time to the first byte of a streamed answer, one stream at a time. */
export function measureFirstByte(run: BenchRun): Promise<LatencyComparison> {
  progress('time to the first byte of a stream');
  const order = { concurrency: 1, durationMs: run.options.latencyMs, body: STREAM_BODY };
  return alternate(run, (name) => run.load(name, order), 'firstByteMs');
}

async function alternate(
  run: BenchRun,
  load: (name: (typeof WAYS)[number]) => Promise<LoadResult>,
  quantity: 'latencyMs' | 'firstByteMs',
): Promise<LatencyComparison> {
  const results = { direct: [] as LoadResult[], relay: [] as LoadResult[], gateway: [] as LoadResult[] };
  for (let round = 0; round < run.options.latencyRounds; round += 1) {
    for (const name of WAYS) results[name].push(await load(name));
    await run.settle();
  }
  const resultOf = (name: (typeof WAYS)[number]): LatencyResult => ({
    p50: median(results[name].map((result) => result[quantity].p50)),
    p99: median(results[name].map((result) => result[quantity].p99)),
  });
  return { direct: resultOf('direct'), relay: resultOf('relay'), gateway: resultOf('gateway') };
}
