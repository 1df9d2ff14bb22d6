import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type UsageVector, ZERO_USAGE } from '../usage/usage-vector.js';
import { costOf } from './compiled-price.js';
import type { PriceBookEntry, PriceBookTerms } from './price-book.js';
import { FREE_PRICE, type PriceState, type PriceTexts, UNKNOWN_PRICE } from './price-override.js';
import { aliasPriceId, aliasPriceOfId, resolveClientPricing } from './resolve-client-pricing.js';
import { resolvePrice } from './resolve-price.js';

const MODEL = { provider: 'openai', model: 'gpt-4o' };
const COST = resolvePrice('openai', 'gpt-4o', 0);
const USAGE: UsageVector = { ...ZERO_USAGE, inputTokens: 1_001, outputTokens: 333 };
const IDS = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const;

function entry(id: string, terms: PriceBookTerms): PriceBookEntry {
  return {
    id,
    version: 1,
    provider: null,
    model: null,
    effectiveFromMs: 0,
    effectiveUntilMs: null,
    endedAtMs: null,
    terms,
  };
}

const markup = (basisPoints: number, id: string = IDS[0]): PriceBookEntry => entry(id, { kind: 'markup', basisPoints });
const discount = (basisPoints: number, id: string = IDS[1]): PriceBookEntry =>
  entry(id, { kind: 'discount', basisPoints });
const override = (price: Partial<PriceTexts>): PriceBookEntry => ({
  ...entry(IDS[0], { kind: 'override', price: { isFree: false, ...price } }),
  ...MODEL,
});

/** What a call costs the client, in nano-dollars; the state of the price where it has none. */
function clientCost(entries: readonly PriceBookEntry[], price: PriceState = COST, usage = USAGE): bigint | string {
  const pricing = resolveClientPricing(entries, MODEL, 0, price);
  if (pricing === undefined) return 'at cost';
  return pricing.price.state === 'priced' ? costOf(usage, pricing.price.price, pricing.factorE8) : pricing.price.state;
}

describe('what the client pays for 1,001 tokens in and 333 out of gpt-4o (5,832,500 nano-dollars)', () => {
  const cases: [string, PriceBookEntry[], bigint | string][] = [
    ['the cost, without a book', [], 'at cost'],
    ['20 % more', [markup(2_000)], 6_999_000n],
    ['10 % less', [discount(1_000)], 5_249_250n],
    ['20 % more, then 10 % less', [markup(2_000), discount(1_000)], 6_299_100n],
    ['12.34 % more, then 5.67 % less', [markup(1_234), discount(567)], 6_180_719n],
    ['nothing, at 100 % less', [discount(10_000)], 0n],
    ['a price of its own', [override({ inputUsdPerMtok: '3', outputUsdPerMtok: '12' })], 6_999_000n],
    [
      'a price of its own, less the discount',
      [override({ inputUsdPerMtok: '3', outputUsdPerMtok: '12' }), discount(1_000)],
      6_299_100n,
    ],
    [
      'a price of its own without the markup for everything',
      [override({ inputUsdPerMtok: '3', outputUsdPerMtok: '12' }), markup(5_000, IDS[1])],
      6_999_000n,
    ],
    ['a price per call', [override({ requestUsd: '0.01' })], 10_000_000n],
    ['nothing, where that is the price', [override({ isFree: true })], 'free'],
  ];
  it.each(cases)('%s', (_, entries, expected) => {
    expect(clientCost(entries)).toBe(expected);
  });

  it('is unknown with a markup on an unknown price, and known with a price in the book', () => {
    expect(clientCost([markup(2_000)], UNKNOWN_PRICE)).toBe('unknown');
    expect(clientCost([override({ requestUsd: '1' })], UNKNOWN_PRICE)).toBe(1_000_000_000n);
    expect(clientCost([markup(2_000)], FREE_PRICE)).toBe('free');
  });
});

describe('the id of a client price', () => {
  it('names the base and the discount', () => {
    const idOf = (...entries: PriceBookEntry[]): string | undefined =>
      resolveClientPricing(entries, MODEL, 0, COST)?.id;
    expect(idOf(markup(2_000))).toBe(`book:${IDS[0]}`);
    expect(idOf(discount(1_000))).toBe(`book:${IDS[1]}`);
    expect(idOf(discount(1_000), markup(2_000))).toBe(`book:${IDS[0]}+book:${IDS[1]}`);
  });

  it('carries the price of an alias, whatever its name', () => {
    const prices = fc.nat(1_000_000).map((price) => (price / 1_000).toString());
    const alias = fc.record({
      alias: fc.string({ unit: 'grapheme', minLength: 1 }),
      inputUsdPerMtok: prices,
      outputUsdPerMtok: prices,
    });
    fc.assert(
      fc.property(alias, fc.boolean(), (aliasPrice, isDiscounted) => {
        const entries = isDiscounted ? [discount(1_000), markup(2_000)] : [markup(2_000)];
        const pricing = resolveClientPricing(entries, { ...MODEL, aliasPrice }, 0, COST);
        expect(pricing).toMatchObject({ factorE8: isDiscounted ? 90_000_000 : 100_000_000 });
        expect(pricing?.id.startsWith(aliasPriceId(aliasPrice))).toBe(true);
        expect(aliasPriceOfId(pricing?.id ?? '')).toEqual(aliasPrice);
      }),
    );
    expect(aliasPriceOfId(`book:${IDS[0]}`)).toBeUndefined();
  });
});

describe('rounding', () => {
  const anyUsage = fc
    .tuple(fc.nat(100_000), fc.nat(100_000))
    .map(([inputTokens, outputTokens]): UsageVector => ({ ...ZERO_USAGE, inputTokens, outputTokens }));
  const anyPrice = fc.nat(50_000_000).map((pico) => (pico / 1_000_000).toFixed(6));

  it('happens once: the client pays the exact product, half to even', () => {
    fc.assert(
      fc.property(anyUsage, anyPrice, anyPrice, fc.nat(99_999), fc.nat(10_000), (usage, input, output, more, less) => {
        const scoped = override({ inputUsdPerMtok: input, outputUsdPerMtok: output });
        const price = resolveClientPricing([scoped], MODEL, 0, COST)?.price ?? UNKNOWN_PRICE;
        const paid = clientCost([markup(more), discount(less)], price, usage);
        const pico = (text: string): bigint => BigInt(Math.round(Number(text) * 1_000_000));
        const exact =
          (BigInt(usage.inputTokens) * pico(input) + BigInt(usage.outputTokens) * pico(output)) *
          BigInt(10_000 + more) *
          BigInt(10_000 - less);
        const unit = 1_000n * 100_000_000n;
        const error = (paid as bigint) * unit - exact;
        const size = error < 0n ? -error : error;
        expect(2n * size <= unit).toBe(true);
        if (2n * size === unit) expect((paid as bigint) % 2n).toBe(0n);
      }),
    );
  });

  it('never makes more usage cheaper, so that an estimate bounds what is settled', () => {
    fc.assert(
      fc.property(anyUsage, anyUsage, fc.nat(99_999), fc.nat(10_000), (usage, more, up, down) => {
        const entries = [markup(up), discount(down)];
        const sum = {
          ...ZERO_USAGE,
          inputTokens: usage.inputTokens + more.inputTokens,
          outputTokens: usage.outputTokens + more.outputTokens,
        };
        expect(clientCost(entries, COST, sum) >= clientCost(entries, COST, usage)).toBe(true);
      }),
    );
  });
});
