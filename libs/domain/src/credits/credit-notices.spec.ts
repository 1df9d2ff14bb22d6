import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { creditNotices, type CreditStanding } from './credit-notices.js';

const at = (balanceCredits: bigint, threshold: bigint | null = 10n, overdraftCredits = 0n): CreditStanding => ({
  balanceCredits,
  overdraftCredits,
  lowBalanceThresholdCredits: threshold,
});

describe('creditNotices', () => {
  it.each<[string, CreditStanding, CreditStanding, string[]]>([
    ['exactly the threshold is not low', at(11n), at(10n), []],
    ['one below is', at(10n), at(9n), ['credits_low']],
    ['lower still says nothing new', at(9n), at(1n), []],
    ['none left', at(1n), at(0n), ['credits_exhausted']],
    ['both at once', at(10n), at(0n), ['credits_low', 'credits_exhausted']],
    ['further below zero says nothing new', at(0n), at(-5n), []],
    ['an overdraft is left', at(1n, 1n, 5n), at(0n, 1n, 5n), ['credits_low']],
    ['an overdraft is used up', at(-4n, 1n, 5n), at(-5n, 1n, 5n), ['credits_exhausted']],
    ['credits come in', at(0n), at(100n), []],
    ['without threshold', at(100n, null), at(1n, null), []],
    ['a threshold above the balance is set', at(5n, null), at(5n), ['credits_low']],
    ['the overdraft is taken away', at(0n, null, 5n), at(0n, null), ['credits_exhausted']],
  ])('%s', (_name, before, after, expected) => {
    expect(creditNotices(before, after)).toEqual(expected);
  });

  it('each is told once per crossing, however a balance moves', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(-20n, 20n), { minLength: 2 }), (balances) => {
        let isLow = false;
        let told = 0;
        let crossings = 0;
        for (const [index, balance] of balances.entries()) {
          if (index > 0 && creditNotices(at(balances[index - 1]!), at(balance)).includes('credits_low')) told += 1;
          if (index > 0 && balance < 10n && !isLow) crossings += 1;
          isLow = balance < 10n;
        }
        expect(told).toBe(crossings);
      }),
    );
  });
});
