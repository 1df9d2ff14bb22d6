import { describe, expect, it } from '@jest/globals';

import { assertOneProcessorEach } from './queue-runner.js';

describe('assertOneProcessorEach', () => {
  it('accepts exactly one processor per queue', () => {
    expect(() => assertOneProcessorEach(['a', 'b'], ['b', 'a'])).not.toThrow();
  });

  it('names queues that nobody or several consume, and processors of no queue', () => {
    expect(() => assertOneProcessorEach(['a', 'b'], ['b', 'b', 'c'])).toThrow(
      'The worker cannot start: queue "a" has 0 processors instead of one; ' +
        'queue "b" has 2 processors instead of one; the processor of "c" consumes a queue that is not declared.',
    );
  });
});
