import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Which cores the two sides of the benchmark run on. */
export interface Pinning {
  /** Words before the command of the process under test. */
  readonly launcher: readonly string[];
  /** One sentence for the report. */
  readonly description: string;
}

const REST_CORE = 0;
/** Core of the gateway and the relay. */
export const TESTED_CORE = 1;

/**
 * Confines this process, and with it everything it starts, to one core and tells how to start the process under
 * test on the other. Without `taskset` or a second core the benchmark runs unpinned and says so.
 */
export function pinToCores(): Pinning {
  const cores = availableParallelism();
  if (cores < 2) return { launcher: [], description: 'NOT pinned: this machine has one core.' };
  const moved = spawnSync('taskset', ['-acp', String(REST_CORE), String(process.pid)], { encoding: 'utf8' });
  if (moved.status !== 0) {
    const reason = moved.error === undefined ? moved.stderr.trim() : 'there is no taskset on this machine';
    return { launcher: [], description: `NOT pinned (${reason}): throughput and latency depend on the scheduler.` };
  }
  return {
    launcher: ['taskset', '-c', String(TESTED_CORE)],
    description: `gateway and relay on core ${TESTED_CORE}; load generator, provider simulator, Redis, PostgreSQL, governance and worker on core ${REST_CORE}`,
  };
}
