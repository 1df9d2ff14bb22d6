import { describe, expect, it } from '@jest/globals';

import { GroupCommit } from './group-commit.js';

/** A commit that the test ends by hand. */
class HeldCommits {
  readonly commits: { readonly items: readonly number[]; readonly end: PromiseWithResolvers<void> }[] = [];

  readonly commit = (items: readonly number[]): Promise<void> => {
    const end = Promise.withResolvers<void>();
    this.commits.push({ items, end });
    return end.promise;
  };

  get items(): (readonly number[])[] {
    return this.commits.map(({ items }) => items);
  }
}

describe('GroupCommit', () => {
  it('commits at once when idle and groups what comes meanwhile', async () => {
    const held = new HeldCommits();
    const group = new GroupCommit(held.commit, { itemsMax: 10, parallelMax: 1 });
    const first = group.add([1]);
    const rest = [group.add([2, 3]), group.add([4])];
    expect(held.items).toEqual([[1]]);
    held.commits[0]?.end.resolve();
    await first;
    expect(held.items).toEqual([[1], [2, 3, 4]]);
    held.commits[1]?.end.resolve();
    await Promise.all(rest);
  });

  it('keeps a group within its bound and lets one large arrival pass whole', async () => {
    const held = new HeldCommits();
    const group = new GroupCommit(held.commit, { itemsMax: 3, parallelMax: 1 });
    const first = group.add([0]);
    const rest = [group.add([1, 2, 3, 4]), group.add([5, 6]), group.add([7, 8])];
    held.commits[0]?.end.resolve();
    await first;
    held.commits[1]?.end.resolve();
    await rest[0];
    held.commits[2]?.end.resolve();
    await rest[1];
    held.commits[3]?.end.resolve();
    await rest[2];
    expect(held.items).toEqual([[0], [1, 2, 3, 4], [5, 6], [7, 8]]);
  });

  it('runs as many commits at once as allowed', () => {
    const held = new HeldCommits();
    const group = new GroupCommit(held.commit, { itemsMax: 1, parallelMax: 2 });
    for (const item of [1, 2, 3]) void group.add([item]);
    expect(held.items).toEqual([[1], [2]]);
  });

  it('fails everybody in a failed group and goes on with the next', async () => {
    const held = new HeldCommits();
    const group = new GroupCommit(held.commit, { itemsMax: 10, parallelMax: 1 });
    const first = group.add([1]);
    const second = group.add([2]);
    held.commits[0]?.end.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    expect(held.items).toEqual([[1], [2]]);
    held.commits[1]?.end.resolve();
    await expect(second).resolves.toBeUndefined();
  });
});
