import { describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';

import { budgetModeOf, planAutoRefill, planRates } from './plan-terms.js';

const NOW = new Date('2026-01-31T10:00:00.000Z');
const BEFORE = { tokensPerCredit: 10_000n, creditsPerDollar: '10.00' };
const OFF = { autoRefill: false, refillCredits: null, refillPeriod: null, refillAnchorAt: null, nextRefillAt: null };
const invalid = expect.objectContaining({ code: 'credit_terms_invalid', status: 400 });

function refused(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return undefined;
}

describe('rates', () => {
  it.each<[object, object]>([
    [{}, {}],
    [{ tokens_per_credit: null, credits_per_dollar: null }, {}],
    [{ tokens_per_credit: 1 }, { tokensPerCredit: 1n }],
    [{ credits_per_dollar: 2.5 }, { creditsPerDollar: '2.50' }],
    [{ credits_per_dollar: 0.1 }, { creditsPerDollar: '0.10' }],
    [{ credits_per_dollar: 1.234 }, { creditsPerDollar: '1.23' }],
    [{ credits_per_dollar: 1.235 }, { creditsPerDollar: '1.24' }],
    [{ credits_per_dollar: 0.005 }, { creditsPerDollar: '0.01' }],
    [{ credits_per_dollar: 1_000_000_000 }, { creditsPerDollar: '1000000000.00' }],
  ])('%j', (request, change) => {
    expect(planRates(BEFORE, request)).toEqual({ ...BEFORE, ...change });
  });

  it.each([
    { tokens_per_credit: 0 },
    { tokens_per_credit: -5 },
    { credits_per_dollar: 0 },
    { credits_per_dollar: 0.004 },
    { credits_per_dollar: 1e-9 },
    { credits_per_dollar: -1 },
    { credits_per_dollar: 1_000_000_000.01 },
    { credits_per_dollar: 1e30 },
  ])('%j is refused', (request) => {
    expect(refused(() => planRates(BEFORE, request))).toEqual(invalid);
  });

  it('a mode is one of three', () => {
    expect(budgetModeOf('consumption_usd')).toBe('consumption_usd');
    expect(refused(() => budgetModeOf('by_mood'))).toEqual(invalid);
  });
});

describe('a refill', () => {
  const enable = { enabled: true, refill_amount: 5, refill_period: 'monthly' };

  it('begins one period after it was enabled', () => {
    expect(planAutoRefill(OFF, enable, NOW)).toEqual({
      autoRefill: true,
      refillCredits: 5n,
      refillPeriod: 'monthly',
      refillAnchorAt: NOW,
      nextRefillAt: new Date('2026-02-28T10:00:00.000Z'),
    });
  });

  it('keeps its periods when only the amount changes, and counts anew for another period', () => {
    const running = planAutoRefill(OFF, enable, NOW);
    const later = new Date('2026-02-10T00:00:00.000Z');
    expect(planAutoRefill(running, { ...enable, refill_amount: 9 }, later)).toEqual({ ...running, refillCredits: 9n });
    expect(planAutoRefill(running, { ...enable, refill_period: 'daily' }, later)).toMatchObject({
      refillAnchorAt: later,
      nextRefillAt: new Date('2026-02-11T00:00:00.000Z'),
    });
  });

  it('that is disabled keeps its settings, and begins anew when it is enabled', () => {
    const running = planAutoRefill(OFF, enable, NOW);
    const disabled = planAutoRefill(running, { enabled: false }, NOW);
    expect(disabled).toEqual({ ...running, autoRefill: false, nextRefillAt: null });
    const later = new Date('2026-06-01T00:00:00.000Z');
    expect(planAutoRefill(disabled, enable, later)).toMatchObject({
      refillAnchorAt: later,
      nextRefillAt: new Date('2026-07-01T00:00:00.000Z'),
    });
  });

  it.each([
    { enabled: true },
    { enabled: true, refill_amount: 0, refill_period: 'daily' },
    { enabled: true, refill_amount: -1, refill_period: 'daily' },
    { enabled: true, refill_amount: 5 },
    { enabled: true, refill_amount: 5, refill_period: null },
    { enabled: true, refill_amount: 5, refill_period: 'hourly' },
  ])('%j is refused', (request) => {
    expect(refused(() => planAutoRefill(OFF, request, NOW))).toEqual(invalid);
  });
});
