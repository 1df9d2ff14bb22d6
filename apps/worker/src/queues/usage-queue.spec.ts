import { describe, expect, it } from '@jest/globals';

import { groupIntoJobs } from './usage-queue.js';

describe('groupIntoJobs', () => {
  it('fills jobs across tenants and splits large tenants', () => {
    const jobs = groupIntoJobs(
      [
        { tenantId: 'b', ids: ['3', '1', '2'] },
        { tenantId: 'a', ids: ['9', '8'] },
      ],
      3,
    );
    expect(jobs).toEqual([
      [
        { tenantId: 'a', ids: ['8', '9'] },
        { tenantId: 'b', ids: ['1'] },
      ],
      [{ tenantId: 'b', ids: ['2', '3'] }],
    ]);
  });

  it('makes the same jobs of the same entries in any order, so that repetitions are recognised', () => {
    const one = groupIntoJobs(
      [
        { tenantId: 'a', ids: ['1', '2', '3'] },
        { tenantId: 'b', ids: ['4'] },
      ],
      2,
    );
    const other = groupIntoJobs(
      [
        { tenantId: 'b', ids: ['4'] },
        { tenantId: 'a', ids: ['3', '1', '2'] },
      ],
      2,
    );
    expect(other).toEqual(one);
  });

  it('makes no job of nothing', () => {
    expect(groupIntoJobs([], 256)).toEqual([]);
  });
});
