import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  changesOfBook,
  defaultMarkup,
  entriesInForce,
  type PriceBookEntry,
  type PriceBookTerms,
  type PricedModel,
} from './price-book.js';

const MODEL: PricedModel = { provider: 'openai', model: 'gpt-4o' };
const DAY_MS = 86_400_000;
const DAY = (number: number): number => number * DAY_MS;

const PRICE: PriceBookTerms = { kind: 'override', price: { isFree: false, requestUsd: '0.01' } };
const markup = (percent: number): PriceBookTerms => ({ kind: 'markup', basisPoints: percent * 100 });
const discount = (percent: number): PriceBookTerms => ({ kind: 'discount', basisPoints: percent * 100 });

/** An entry for everything, in force since day 0. */
function entry(id: string, terms: PriceBookTerms, more: Partial<PriceBookEntry> = {}): PriceBookEntry {
  return {
    id,
    version: 1,
    provider: null,
    model: null,
    effectiveFromMs: 0,
    effectiveUntilMs: null,
    endedAtMs: null,
    terms,
    ...more,
  };
}

const PROVIDER = { provider: 'openai' };
const ANY_PROVIDER = { model: 'gpt-4o' };
const EXACT = { provider: 'openai', model: 'gpt-4o' };

/** The ids of the entries that decide. */
function decide(entries: readonly PriceBookEntry[], day = 10, hasOwnPrice = false): string {
  const { override, markup: more, discount: less } = entriesInForce(entries, MODEL, DAY(day), hasOwnPrice);
  return [override?.id, more?.id, less?.id].filter((id) => id !== undefined).join(' ');
}

describe('which entries decide', () => {
  const cases: [string, PriceBookEntry[], string][] = [
    ['nothing in an empty book', [], ''],
    ['the markup for everything', [entry('all', markup(20))], 'all'],
    ['the provider before everything', [entry('all', markup(20)), entry('provider', markup(30), PROVIDER)], 'provider'],
    [
      'the model of any provider before the provider',
      [entry('provider', markup(30), PROVIDER), entry('model', markup(5), ANY_PROVIDER)],
      'model',
    ],
    [
      'the model of the provider before that of any',
      [entry('model', markup(5), ANY_PROVIDER), entry('exact', markup(1), EXACT)],
      'exact',
    ],
    ['no entry about another provider', [entry('other', markup(20), { provider: 'groq' })], ''],
    ['no entry about another model', [entry('other', markup(20), { provider: 'openai', model: 'gpt-4o-mini' })], ''],
    ['a price before a markup that is as exact', [entry('more', markup(20)), entry('price', PRICE)], 'price'],
    ['a more exact markup before a price', [entry('price', PRICE, PROVIDER), entry('more', markup(20), EXACT)], 'more'],
    [
      'a discount beside a price',
      [entry('price', PRICE, EXACT), entry('more', markup(20)), entry('less', discount(10))],
      'price less',
    ],
    ['a discount beside a markup', [entry('less', discount(10)), entry('more', markup(20))], 'more less'],
    [
      'one discount, the most exact',
      [entry('less', discount(10)), entry('least', discount(0), EXACT), entry('mid', discount(5), PROVIDER)],
      'least',
    ],
    [
      'the newest of a slot',
      [
        entry('old', markup(20)),
        entry('newest', markup(30), { version: 3, effectiveFromMs: DAY(8) }),
        entry('new', markup(25), { version: 2, effectiveFromMs: DAY(5) }),
      ],
      'newest',
    ],
    [
      'the latest version of the same moment',
      [entry('first', markup(20)), entry('second', markup(30), { version: 2 })],
      'second',
    ],
    [
      'an old exact entry before a new one for everything',
      [entry('exact', markup(20), EXACT), entry('new', markup(30), { effectiveFromMs: DAY(9) })],
      'exact',
    ],
    ['nothing that is to come', [entry('later', markup(20), { effectiveFromMs: DAY(10) + 1 })], ''],
    ['what begins at this very moment', [entry('now', markup(20), { effectiveFromMs: DAY(10) })], 'now'],
    ['nothing that ends at this very moment', [entry('over', markup(20), { effectiveUntilMs: DAY(10) })], ''],
    [
      'what was there before, once something temporary is over',
      [entry('base', markup(20)), entry('promo', markup(5), { effectiveFromMs: DAY(3), effectiveUntilMs: DAY(6) })],
      'base',
    ],
    [
      'what was there before, once something temporary is ended',
      [
        entry('base', markup(20)),
        entry('promo', markup(5), { effectiveFromMs: DAY(3), effectiveUntilMs: DAY(20), endedAtMs: DAY(7) }),
      ],
      'base',
    ],
    [
      'nothing once the entry that replaced another is ended',
      [entry('base', markup(20)), entry('new', markup(5), { effectiveFromMs: DAY(3), endedAtMs: DAY(7) })],
      '',
    ],
    [
      'what was to be replaced by an entry that was ended before it began',
      [entry('base', markup(20)), entry('never', markup(5), { effectiveFromMs: DAY(7), endedAtMs: DAY(7) })],
      'base',
    ],
    [
      'the next exact entry, once the most exact is ended',
      [entry('all', markup(20)), entry('exact', markup(5), { ...EXACT, endedAtMs: DAY(9) })],
      'all',
    ],
    ['an entry until the moment at which it is ended', [entry('all', markup(20), { endedAtMs: DAY(10) + 1 })], 'all'],
  ];
  it.each(cases)('%s', (_, entries, expected) => {
    expect(decide(entries)).toBe(expected);
    expect(decide(entries.toReversed())).toBe(expected);
  });

  const byAlias: [string, PriceBookEntry[], string][] = [
    ['no markup', [entry('more', markup(20), EXACT)], ''],
    ['no price for all models of the provider', [entry('price', PRICE, PROVIDER)], ''],
    ['a price for exactly this model', [entry('price', PRICE, EXACT)], 'price'],
    ['a price for the model of any provider', [entry('price', PRICE, ANY_PROVIDER)], 'price'],
    ['a discount', [entry('less', discount(10))], 'less'],
  ];
  it.each(byAlias)('of a call by an alias with a price of its own: %s', (_, entries, expected) => {
    expect(decide(entries, 10, true)).toBe(expected);
  });
});

describe('the default markup', () => {
  it('is that for everything, not that of a provider', () => {
    const book = [entry('all', markup(12.34)), entry('provider', markup(30), PROVIDER)];
    expect(defaultMarkup(book, DAY(1))).toBe(1_234);
    expect(defaultMarkup(book, -1)).toBe(0);
    expect(defaultMarkup([entry('less', discount(10))], DAY(1))).toBe(0);
  });
});

const anyTerms = fc.oneof(
  fc.constant(PRICE),
  fc.record({ kind: fc.constantFrom('markup' as const, 'discount' as const), basisPoints: fc.nat(10_000) }),
);
const anyDay = fc.nat(6).map(DAY);
const anyEntry = fc
  .record({
    provider: fc.constantFrom(null, 'openai', 'groq'),
    model: fc.constantFrom(null, 'gpt-4o', 'gpt-4o-mini'),
    effectiveFromMs: anyDay,
    length: fc.option(fc.integer({ min: 1, max: 4 }).map(DAY)),
    endedAtMs: fc.option(anyDay),
    terms: anyTerms,
  })
  .map(({ length, ...rest }) => ({
    ...rest,
    effectiveUntilMs: length === null ? null : rest.effectiveFromMs + length,
  }));
const anyBook = fc
  .array(anyEntry, { maxLength: 8 })
  .map((entries): PriceBookEntry[] => entries.map((one, index) => ({ ...one, id: `e${index}`, version: index + 1 })));

describe('every book', () => {
  it('changes what it says only at the moments at which it changes', () => {
    fc.assert(
      fc.property(anyBook, fc.boolean(), (book, hasOwnPrice) => {
        const moments = [-DAY_MS, ...changesOfBook(book, MODEL)];
        for (const [index, from] of moments.entries()) {
          const until = moments[index + 1] ?? from + DAY_MS;
          const at = (ms: number): unknown => entriesInForce(book, MODEL, ms, hasOwnPrice);
          expect(at(until - 1)).toEqual(at(from));
        }
      }),
    );
  });

  it('says the same whatever the order of its entries, and without those about other models', () => {
    fc.assert(
      fc.property(anyBook, anyDay, (book, atMs) => {
        const expected = entriesInForce(book, MODEL, atMs);
        expect(entriesInForce(book.toReversed(), MODEL, atMs)).toEqual(expected);
        const about = book.filter(({ provider, model }) => provider !== 'groq' && model !== 'gpt-4o-mini');
        expect(entriesInForce(about, MODEL, atMs)).toEqual(expected);
      }),
    );
  });

  it('is the same without what is over for good or was replaced: all that a snapshot leaves out', () => {
    fc.assert(
      fc.property(anyBook, anyDay, anyDay, (book, readAtMs, later) => {
        const atMs = readAtMs + later;
        // What an operator does after the read is not in it.
        const read = book.filter(({ endedAtMs }) => endedAtMs === null || endedAtMs <= readAtMs);
        const isNewer = (one: PriceBookEntry, than: PriceBookEntry): boolean =>
          one.effectiveFromMs > than.effectiveFromMs ||
          (one.effectiveFromMs === than.effectiveFromMs && one.version > than.version);
        const snapshot = read.filter(
          (one) =>
            one.endedAtMs === null &&
            (one.effectiveUntilMs === null || one.effectiveUntilMs > readAtMs) &&
            !read.some(
              (other) =>
                other.terms.kind === one.terms.kind &&
                other.provider === one.provider &&
                other.model === one.model &&
                other.effectiveUntilMs === null &&
                other.effectiveFromMs <= readAtMs &&
                (other.endedAtMs === null || other.endedAtMs > other.effectiveFromMs) &&
                isNewer(other, one),
            ),
        );
        expect(entriesInForce(snapshot, MODEL, atMs)).toEqual(entriesInForce(read, MODEL, atMs));
      }),
    );
  });
});
