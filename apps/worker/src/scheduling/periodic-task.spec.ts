import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@penstock/platform';

import { PeriodicTask } from './periodic-task.js';

const logger = createLogger('test', { level: 'silent' });

function taskThat(run: () => Promise<unknown>, results: string[] = []): PeriodicTask {
  return new PeriodicTask({ name: 'test', intervalMs: 1, run, logger, onRan: (_, result) => results.push(result) });
}

describe('PeriodicTask', () => {
  it('goes on after a failure and never overlaps itself', async () => {
    const done = Promise.withResolvers<void>();
    const results: string[] = [];
    let runs = 0;
    let concurrent = 0;
    let concurrentMax = 0;
    const task = taskThat(async () => {
      runs += 1;
      concurrent += 1;
      concurrentMax = Math.max(concurrentMax, concurrent);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      concurrent -= 1;
      if (runs === 2) throw new Error('away');
      if (runs === 4) done.resolve();
    }, results);
    task.start();
    await done.promise;
    await task.stop();
    expect(results.slice(0, 3)).toEqual(['ok', 'failed', 'ok']);
    expect(concurrentMax).toBe(1);
  });

  it('waits for the run under way when stopped, and begins no other', async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    let runs = 0;
    const task = taskThat(async () => {
      runs += 1;
      begun.resolve();
      await release.promise;
    });
    task.start();
    await begun.promise;
    let isStopped = false;
    const stopped = task.stop().then(() => {
      isStopped = true;
    });
    await Promise.resolve();
    expect(isStopped).toBe(false);
    release.resolve();
    await stopped;
    expect(runs).toBe(1);
  });
});
