import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { BUDGET_MODES, type CreditTerms, creditsFor, creditsHeld, microCreditsFor } from './credit-charge.js';

const TERMS: CreditTerms = { mode: 'job_based', hundredthsPerDollar: 1_000n, tokensPerCredit: 10_000n };
const usd = (dollars: number): bigint => BigInt(Math.round(dollars * 1e9));

const terms = fc.record({
  mode: fc.constantFrom(...BUDGET_MODES),
  hundredthsPerDollar: fc.bigInt(1n, 10_000_000n),
  tokensPerCredit: fc.bigInt(1n, 1_000_000n),
});
const used = fc.record({
  tokens: fc.integer({ min: 0, max: 10_000_000 }),
  clientCostNanoUsd: fc.bigInt(0n, 10_000_000_000_000n),
});

describe('credits', () => {
  it.each([
    ['job_based', 0, 0, 1n],
    ['job_based', 9_999_999, 500, 1n],
    ['consumption_usd', 0, 0, 1n],
    ['consumption_usd', 0, 0.1999, 1n],
    ['consumption_usd', 0, 0.2, 2n],
    ['consumption_usd', 0, 12.39, 123n],
    ['consumption_tokens', 0, 0, 1n],
    ['consumption_tokens', 19_999, 7, 1n],
    ['consumption_tokens', 20_000, 7, 2n],
  ] as const)('%s: %d tokens and $%d are %d credits', (mode, tokens, dollars, credits) => {
    expect(creditsFor({ ...TERMS, mode }, { tokens, clientCostNanoUsd: usd(dollars) })).toBe(credits);
  });

  it('a job never holds less than it is charged, and at most one credit more', () => {
    fc.assert(
      fc.property(terms, fc.array(used, { maxLength: 20 }), (theTerms, calls) => {
        const held = creditsHeld(calls.reduce((sum, call) => sum + microCreditsFor(theTerms, call), 0n));
        const charged = creditsFor(theTerms, {
          tokens: calls.reduce((sum, call) => sum + call.tokens, 0),
          clientCostNanoUsd: calls.reduce((sum, call) => sum + call.clientCostNanoUsd, 0n),
        });
        expect(held).toBeGreaterThanOrEqual(charged);
        expect(held - charged).toBeLessThanOrEqual(1n);
      }),
    );
  });

  it('more use never takes fewer credits', () => {
    fc.assert(
      fc.property(terms, used, used, (theTerms, one, more) => {
        const both = {
          tokens: one.tokens + more.tokens,
          clientCostNanoUsd: one.clientCostNanoUsd + more.clientCostNanoUsd,
        };
        expect(creditsFor(theTerms, both)).toBeGreaterThanOrEqual(creditsFor(theTerms, one));
        expect(microCreditsFor(theTerms, both)).toBeGreaterThanOrEqual(microCreditsFor(theTerms, one));
      }),
    );
  });
});
