import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { UsageRecordJob } from '@penstock/dto';
import type { Queue } from 'bullmq';

import { UsageQueue } from './usage-queue.js';

/** A queue that remembers what it was given and refuses while told to. */
class FakeQueue {
  readonly jobs: UsageRecordJob[] = [];
  isDown = false;
  attempts = 0;

  async add(_name: string, job: UsageRecordJob): Promise<void> {
    this.attempts += 1;
    if (this.isDown) throw new Error("Stream isn't writeable and enableOfflineQueue options is false");
    this.jobs.push(job);
  }
}

let fake: FakeQueue;
let errors: unknown[];

function queueOf(batchMax: number): UsageQueue {
  return new UsageQueue(fake as unknown as Queue<UsageRecordJob>, {
    flushMs: 20,
    batchMax,
    onError: (error) => errors.push(error),
  });
}

const idsOf = (job: UsageRecordJob): string[] => job.batches.flatMap(({ ids }) => [...ids]);

beforeEach(() => {
  jest.useFakeTimers();
  fake = new FakeQueue();
  errors = [];
});
afterEach(() => {
  jest.useRealTimers();
});

describe('UsageQueue', () => {
  it('announces what came within the flush time in one job, by tenant', async () => {
    const queue = queueOf(100);
    queue.add('t1', 'a');
    queue.add('t2', 'b');
    queue.add('t1', 'c');
    await jest.advanceTimersByTimeAsync(19);
    expect(fake.jobs).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(fake.jobs).toEqual([
      {
        schemaVersion: 1,
        batches: [
          { tenantId: 't1', ids: ['a', 'c'] },
          { tenantId: 't2', ids: ['b'] },
        ],
      },
    ]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(fake.attempts).toBe(1);
  });

  it('does not wait when a batch is full', async () => {
    const queue = queueOf(2);
    queue.add('t1', 'a');
    queue.add('t1', 'b');
    await queue.flush();
    expect(fake.jobs.map(idsOf)).toEqual([['a', 'b']]);
  });

  it('has sent everything when a flush is over', async () => {
    const queue = queueOf(100);
    queue.add('t1', 'a');
    await queue.flush();
    expect(fake.jobs).toHaveLength(1);
    await queue.flush();
    expect(fake.jobs).toHaveLength(1);
  });

  it('keeps what Redis refuses, pauses, and announces it later in jobs of bounded size', async () => {
    const queue = queueOf(2);
    fake.isDown = true;
    for (let index = 0; index < 7; index += 1) queue.add(index < 4 ? 't1' : 't2', `id-${index}`);
    await queue.flush();
    expect(errors.length).toBeGreaterThan(0);
    const attempts = fake.attempts;
    await jest.advanceTimersByTimeAsync(400);
    // A refusal comes at once: without the pause this would be a loop that starves every call.
    expect(fake.attempts).toBeLessThanOrEqual(attempts + 1);
    queue.add('t1', 'late');
    fake.isDown = false;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(fake.jobs.flatMap(idsOf).toSorted()).toEqual([
      'id-0',
      'id-1',
      'id-2',
      'id-3',
      'id-4',
      'id-5',
      'id-6',
      'late',
    ]);
    for (const job of fake.jobs) expect(idsOf(job).length).toBeLessThanOrEqual(2);
  });

  it('resolves a flush that is refused: a shutdown does not wait for a Redis that is gone', async () => {
    const queue = queueOf(2);
    fake.isDown = true;
    queue.add('t1', 'a');
    await expect(queue.flush()).resolves.toBeUndefined();
  });

  it('is fast again once Redis takes jobs', async () => {
    const queue = queueOf(100);
    fake.isDown = true;
    queue.add('t1', 'a');
    await queue.flush();
    fake.isDown = false;
    await jest.advanceTimersByTimeAsync(600);
    queue.add('t1', 'b');
    await jest.advanceTimersByTimeAsync(20);
    expect(fake.jobs.map(idsOf)).toEqual([['a'], ['b']]);
  });
});
