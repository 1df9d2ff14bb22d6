import { describe, expect, it } from '@jest/globals';
import { DEFAULT_CALENDAR } from '@penstock/domain';

import type { BudgetState } from './plan-budget-change.js';
import { type BudgetListEntry, planBudgetList } from './plan-budget-list.js';

const NOW_MS = Date.UTC(2026, 0, 1);

function budget(id: string, resetDuration: string, isAligned = false): BudgetState & { readonly id: string } {
  return {
    id,
    maxLimitCents: '10.0000000',
    resetDuration,
    anchorAt: new Date(NOW_MS),
    alignedFrom: isAligned ? new Date(NOW_MS) : null,
    generation: 1,
    onExceed: 'deny',
    fallbackModel: null,
    thresholds: [],
    rolloverMaxCents: null,
  };
}

const current = [budget('a', '1d'), budget('b', '1M', true), budget('c', '1h')];

function kinds(list: readonly BudgetListEntry[]): [string | undefined, string][] {
  return planBudgetList(current, list, DEFAULT_CALENDAR, NOW_MS).map(({ id, change }) => [id, change.kind]);
}

describe('planBudgetList', () => {
  it('changes nothing when the same list is sent again, in any order', () => {
    const again: BudgetListEntry[] = [
      { max_limit: 10, reset_duration: '1M', calendar_aligned: true },
      { max_limit: 10, reset_duration: '1h' },
      { max_limit: 10, reset_duration: '1d' },
    ];
    expect(kinds(again)).toEqual([
      ['b', 'none'],
      ['c', 'none'],
      ['a', 'none'],
    ]);
  });

  it('updates by id or window, creates what is new, and removes what is left out', () => {
    const list: BudgetListEntry[] = [
      { id: 'A', reset_duration: '2d' },
      { max_limit: 99, reset_duration: '1M', calendar_aligned: true },
      { max_limit: 5, reset_duration: '1M' },
    ];
    expect(kinds(list)).toEqual([
      ['a', 'update'],
      ['b', 'update'],
      [undefined, 'create'],
      ['c', 'delete'],
    ]);
  });

  it('lets an id win over a window that another entry would match', () => {
    expect(
      kinds([
        { max_limit: 1, reset_duration: '1d' },
        { id: 'a', max_limit: 2 },
      ]),
    ).toEqual([
      [undefined, 'create'],
      ['a', 'update'],
      ['b', 'delete'],
      ['c', 'delete'],
    ]);
  });

  it('removes all with an empty list', () => {
    expect(kinds([]).map(([, kind]) => kind)).toEqual(['delete', 'delete', 'delete']);
  });

  it.each<[readonly BudgetListEntry[], string]>([
    [[{ id: 'z', max_limit: 1 }], 'no budget of this owner'],
    [
      [
        { id: 'a', max_limit: 1 },
        { id: 'a', max_limit: 2 },
      ],
      'or twice',
    ],
    [[{}], 'names nothing'],
    [[{ id: 'a' }], 'names nothing'],
    [Array.from({ length: 17 }, () => ({ max_limit: 1, reset_duration: '1d' })), 'more than 16'],
  ])('refuses %j', (list, sentence) => {
    expect(() => kinds(list)).toThrow(sentence);
  });
});
