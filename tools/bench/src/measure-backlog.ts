import type { BenchRun } from './bench-run.js';
import { progress } from './progress.js';
import { outboxLength } from './quiescence.js';
import { dearestCommands, readRedisCost } from './redis-cost.js';

/** How fast the ledger takes what the gateway admits. */
export interface BacklogResult {
  readonly admittedPerS: number;
  /** Calls waiting when the worker was let go. */
  readonly backlog: number;
  readonly drainedPerS: number;
  readonly drainRatio: number;
  /** Redis per call while the worker stood still: admission, settlement and the gateway's side of the queue. */
  readonly redisCpuUsPerCall: number;
  readonly redisCommands: readonly string[];
}

/**
 * Lets a backlog grow while the worker is stopped (SIGSTOP), then measures the worker alone. Both rates are of this
 * machine: admission shares its second core with the load, the drain has that core to itself and PostgreSQL.
 */
export async function measureBacklog(run: BenchRun): Promise<BacklogResult> {
  progress('ledger: a backlog grows while the worker is stopped, then drains');
  const { stack, redis } = run.system;
  const [worker] = stack.workers;
  if (worker === undefined) throw new Error('There is no worker in this stack.');
  const redisBefore = await readRedisCost(redis);
  worker.signal('SIGSTOP');
  try {
    const result = await run.load('gateway', {
      concurrency: run.options.concurrency,
      durationMs: run.options.backlogMs,
    });
    const redisAfter = await readRedisCost(redis);
    const backlog = await outboxLength(redis, run.tenant.customerId);
    const startedMs = performance.now();
    worker.signal('SIGCONT');
    await run.settle();
    const drainedPerS = (backlog / (performance.now() - startedMs)) * 1000;
    const admittedPerS = (result.calls / result.elapsedMs) * 1000;
    return {
      admittedPerS,
      backlog,
      drainedPerS,
      drainRatio: drainedPerS / admittedPerS,
      redisCpuUsPerCall: (redisAfter.cpuUs - redisBefore.cpuUs) / result.calls,
      redisCommands: dearestCommands(redisBefore, redisAfter, result.calls, 4),
    };
  } finally {
    worker.signal('SIGCONT');
  }
}
