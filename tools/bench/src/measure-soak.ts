import type { BenchRun } from './bench-run.js';
import { gatewayPid } from './measure-rounds.js';
import { rssMbOf } from './process-stat.js';
import { progress } from './progress.js';
import { median } from './statistics.js';

/** Resident memory of the gateway over a long load. */
export interface SoakResult {
  readonly seconds: number;
  /** Medians of the first and the last quarter of the samples. */
  readonly rssMbStart: number;
  readonly rssMbEnd: number;
  readonly rssMbMax: number;
}

const SAMPLE_MS = 250;

/** Loads the gateway without a pause and watches its memory. */
export async function measureSoak(run: BenchRun): Promise<SoakResult> {
  progress(`memory over ${run.options.soakMs / 1000} s of load`);
  const pid = gatewayPid(run);
  const samples: number[] = [];
  const sampler = setInterval(() => samples.push(rssMbOf(pid)), SAMPLE_MS);
  try {
    await run.load('gateway', { concurrency: run.options.concurrency, durationMs: run.options.soakMs });
  } finally {
    clearInterval(sampler);
  }
  await run.settle();
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  return {
    seconds: run.options.soakMs / 1000,
    rssMbStart: median(samples.slice(0, quarter)),
    rssMbEnd: median(samples.slice(-quarter)),
    rssMbMax: Math.max(...samples),
  };
}
