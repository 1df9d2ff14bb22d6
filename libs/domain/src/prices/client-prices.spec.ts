import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClientPrices } from './client-prices.js';
import type { PriceBookEntry } from './price-book.js';
import { type PriceState, UNKNOWN_PRICE } from './price-override.js';
import { resolveClientPricing } from './resolve-client-pricing.js';
import { resolvePrice } from './resolve-price.js';

const CALL = { provider: 'openai', model: 'gpt-4o' };
const COST = resolvePrice('openai', 'gpt-4o', 0);

function markup(basisPoints: number, effectiveFromMs: number, effectiveUntilMs: number | null = null): PriceBookEntry {
  return {
    id: `from-${effectiveFromMs}`,
    version: 1,
    provider: null,
    model: null,
    effectiveFromMs,
    effectiveUntilMs,
    endedAtMs: null,
    terms: { kind: 'markup', basisPoints },
  };
}

describe('ClientPrices', () => {
  it('changes the price at the very moment of an entry, whatever it remembers', () => {
    const prices = new ClientPrices([markup(2_000, 0), markup(3_000, 1_000, 1_010)]);
    const factorAt = (ms: number): number | undefined => prices.pricingOf(CALL, ms, () => COST)?.factorE8;
    expect([-1, 0, 999, 1_000, 1_009, 1_010, 999].map(factorAt)).toEqual([
      undefined,
      120_000_000,
      120_000_000,
      130_000_000,
      130_000_000,
      120_000_000,
      120_000_000,
    ]);
  });

  it('follows the price of the provider', () => {
    const prices = new ClientPrices([markup(2_000, 0)]);
    expect(prices.pricingOf(CALL, 1, () => COST)?.price).toBe(COST);
    expect(prices.pricingOf(CALL, 2, () => UNKNOWN_PRICE)?.price).toBe(UNKNOWN_PRICE);
  });

  it('makes one object of the same terms and price, so that calls after calls share it', () => {
    const prices = new ClientPrices([markup(2_000, 0)]);
    const pricing = prices.pricingOf(CALL, 1, () => COST);
    expect(prices.pricingOf(CALL, 2, () => COST)).toBe(pricing);
  });

  it('asks nobody for the price of a provider where the book is empty', () => {
    const fail = (): PriceState => {
      throw new Error('was asked');
    };
    expect(new ClientPrices([]).pricingOf(CALL, 0, fail)).toBeUndefined();
  });

  it('says what resolveClientPricing says, in whatever order it is asked', () => {
    const books = fc.array(
      fc
        .tuple(fc.nat(5_000), fc.nat(20), fc.option(fc.integer({ min: 1, max: 9 })))
        .map(([points, from, length]) => markup(points, from, length === null ? null : from + length)),
      { maxLength: 5 },
    );
    const questions = fc.array(
      fc.record({
        atMs: fc.nat(30),
        model: fc.constantFrom('gpt-4o', 'gpt-4o-mini'),
        aliasPrice: fc.option(fc.constant({ alias: 'fast', inputUsdPerMtok: '1', outputUsdPerMtok: '2' }), {
          nil: undefined,
        }),
      }),
    );
    fc.assert(
      fc.property(books, questions, (book, asked) => {
        const prices = new ClientPrices(book);
        for (const { atMs, ...rest } of asked) {
          const call = { provider: 'openai', ...rest };
          const expected = resolveClientPricing(book, call, atMs, COST);
          const found = prices.pricingOf(call, atMs, () => COST);
          expect([found?.id, found?.factorE8]).toEqual([expected?.id, expected?.factorE8]);
        }
      }),
    );
  });

  it('stays small however many names callers make up', () => {
    const prices = new ClientPrices([markup(2_000, 0)]);
    for (let index = 0; index < 1_000; index += 1) {
      expect(prices.pricingOf({ provider: 'openai', model: `m${index}` }, 1, () => COST)?.factorE8).toBe(120_000_000);
    }
  });
});
