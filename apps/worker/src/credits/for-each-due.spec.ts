import { describe, expect, it } from '@jest/globals';

import { DUE_PAGE, forEachDue } from './for-each-due.js';

describe('forEachDue', () => {
  const rows = Array.from({ length: 2 * DUE_PAGE + 3 }, (_, index) => index);
  const find = (after: number | undefined): Promise<number[]> =>
    Promise.resolve(rows.slice(after === undefined ? 0 : after + 1).slice(0, DUE_PAGE));

  it('does all that is due once, also beyond a page and beside failures, and tells of these at the end', async () => {
    const done: number[] = [];
    const failed: number[] = [];
    const run = forEachDue<number>({
      find,
      work: async (row) => {
        if (row % 400 === 7) throw new Error(`row ${row}`);
        done.push(row);
      },
      onFailure: (row) => failed.push(row),
    });

    await expect(run).rejects.toThrow('3 are left for the next time.');
    expect(failed).toEqual([7, 407, 807]);
    expect(done).toEqual(rows.filter((row) => !failed.includes(row)));
  });
});
