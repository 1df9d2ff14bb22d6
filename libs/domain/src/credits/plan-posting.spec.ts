import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  balanceOf,
  byBurnOrder,
  type CreditPosting,
  type CreditTotals,
  type GrantRest,
  planPosting,
  restOf,
} from './plan-posting.js';

const grant = (id: string, restCredits: bigint, change: Partial<GrantRest> = {}): GrantRest => ({
  id,
  priority: 100,
  expiresAtMs: null,
  restCredits,
  ...change,
});

const totals = (allocatedCredits: bigint, usedCredits = 0n): CreditTotals => ({ allocatedCredits, usedCredits });

describe('the order in which grants are burned', () => {
  it.each([
    ['the lower priority number', grant('b', 1n, { priority: 1 }), grant('a', 1n, { expiresAtMs: 1 })],
    ['what expires first', grant('b', 1n, { expiresAtMs: 1 }), grant('a', 1n, { expiresAtMs: 2 })],
    ['what expires before what never does', grant('b', 1n, { expiresAtMs: 1 }), grant('a', 1n)],
    ['the oldest', grant('a', 1n), grant('b', 1n)],
  ])('%s goes first', (_name, first, second) => {
    expect([second, first].toSorted(byBurnOrder)).toEqual([first, second]);
    expect([first, second].toSorted(byBurnOrder)).toEqual([first, second]);
  });
});

describe('planPosting', () => {
  const promotion = grant('promotion', 3n, { priority: 1 });
  const paid = grant('paid', 10n);

  it.each<[string, CreditTotals, GrantRest[], CreditPosting, object]>([
    [
      'credits come in',
      totals(13n),
      [promotion, paid],
      { kind: 'in', credits: 7n },
      { allocatedCredits: 20n, balanceBeforeCredits: 13n, balanceAfterCredits: 20n, takes: [], settledCredits: 0n },
    ],
    [
      'use burns in order, over several grants',
      totals(13n),
      [paid, promotion],
      { kind: 'use', credits: 5n },
      {
        usedCredits: 5n,
        balanceAfterCredits: 8n,
        takes: [
          { grantId: 'promotion', credits: 3n },
          { grantId: 'paid', credits: 2n },
        ],
      },
    ],
    [
      'use beyond the grants becomes a debt',
      totals(13n),
      [promotion, paid],
      { kind: 'use', credits: 20n },
      {
        balanceAfterCredits: -7n,
        takes: [
          { grantId: 'promotion', credits: 3n },
          { grantId: 'paid', credits: 10n },
        ],
      },
    ],
    [
      'credits that come in pay the debt first',
      totals(13n, 20n),
      [],
      { kind: 'in', credits: 10n },
      { balanceAfterCredits: 3n, settledCredits: 7n },
    ],
    [
      'fewer credits than the debt are burned whole',
      totals(13n, 20n),
      [],
      { kind: 'in', credits: 5n },
      { balanceAfterCredits: -2n, settledCredits: 5n },
    ],
    [
      'a withdrawal takes in order',
      totals(13n),
      [promotion, paid],
      { kind: 'withdraw', credits: 4n },
      {
        allocatedCredits: 9n,
        usedCredits: 0n,
        takes: [
          { grantId: 'promotion', credits: 3n },
          { grantId: 'paid', credits: 1n },
        ],
      },
    ],
    [
      'a withdrawal from one grant leaves the others',
      totals(13n),
      [promotion, paid],
      { kind: 'withdraw', credits: 4n, grantId: 'paid' },
      { allocatedCredits: 9n, takes: [{ grantId: 'paid', credits: 4n }] },
    ],
  ])('%s', (_name, before, grants, posting, expected) => {
    expect(planPosting(before, grants, posting)).toMatchObject(expected);
  });

  it.each<[string, GrantRest[], CreditPosting]>([
    ['from an account', [promotion, paid], { kind: 'withdraw', credits: 14n }],
    ['from a grant', [promotion, paid], { kind: 'withdraw', credits: 4n, grantId: 'promotion' }],
    ['from nothing', [], { kind: 'withdraw', credits: 1n }],
  ])('more than there is cannot be withdrawn %s', (_name, grants, posting) => {
    expect(planPosting(totals(restOf(grants)), grants, posting)).toBeUndefined();
  });

  it('nothing is not a posting', () => {
    expect(() => planPosting(totals(1n), [], { kind: 'in', credits: 0n })).toThrow('moves nothing');
  });
});

interface Book extends CreditTotals {
  readonly grants: { id: string; priority: number; expiresAtMs: number | null; credits: bigint }[];
  readonly burned: Map<string, bigint>;
  readonly withdrawn: Map<string, bigint>;
}

function restsOf({ grants, burned, withdrawn }: Book): GrantRest[] {
  return grants
    .map(({ id, priority, expiresAtMs, credits }) => ({
      id,
      priority,
      expiresAtMs,
      restCredits: credits - (burned.get(id) ?? 0n) - (withdrawn.get(id) ?? 0n),
    }))
    .filter(({ restCredits }) => restCredits > 0n);
}

const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);

const step = fc.record({
  kind: fc.constantFrom('in', 'use', 'withdraw', 'expire'),
  credits: fc.bigInt(1n, 50n),
  priority: fc.integer({ min: 0, max: 2 }),
  expiresAtMs: fc.option(fc.integer({ min: 0, max: 3 })),
  pick: fc.nat(),
});

/** Does what the ledger does with a plan. */
function apply(
  book: Book,
  { kind, credits, priority, expiresAtMs, pick }: typeof step extends fc.Arbitrary<infer T> ? T : never,
): Book {
  const rests = restsOf(book);
  const target = rests[pick % Math.max(rests.length, 1)];
  let posting: CreditPosting;
  if (kind === 'expire') {
    if (target === undefined) return book;
    posting = { kind: 'withdraw', credits: target.restCredits, grantId: target.id };
  } else posting = { kind, credits };
  const plan = planPosting(book, rests, posting);
  if (plan === undefined) return book;
  const into = posting.kind === 'withdraw' ? book.withdrawn : book.burned;
  for (const take of plan.takes) into.set(take.grantId, (into.get(take.grantId) ?? 0n) + take.credits);
  if (posting.kind === 'in') {
    const id = `grant${String(book.grants.length).padStart(4, '0')}`;
    book.grants.push({ id, priority, expiresAtMs, credits });
    book.burned.set(id, plan.settledCredits);
  }
  return { ...book, allocatedCredits: plan.allocatedCredits, usedCredits: plan.usedCredits };
}

describe('books that only postings change', () => {
  it('always balance: grants, debt, totals and balance say the same', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let book: Book = { ...totals(0n), grants: [], burned: new Map(), withdrawn: new Map() };
        for (const one of steps) {
          const before = balanceOf(book);
          book = apply(book, one);
          const rest = restOf(restsOf(book));
          const debt = rest - balanceOf(book);
          expect(book.allocatedCredits).toBe(
            sum(book.grants.map(({ credits }) => credits)) - sum(book.withdrawn.values()),
          );
          expect(sum(book.burned.values()) + debt).toBe(book.usedCredits);
          expect(debt).toBeGreaterThanOrEqual(0n);
          // A debt and a rest at once: somebody would have to pay twice.
          expect(debt === 0n || rest === 0n).toBe(true);
          expect(book.allocatedCredits).toBeGreaterThanOrEqual(0n);
          for (const { id, credits } of book.grants) {
            expect((book.burned.get(id) ?? 0n) + (book.withdrawn.get(id) ?? 0n)).toBeLessThanOrEqual(credits);
          }
          // Only use makes a balance negative.
          if (one.kind !== 'use' && before >= 0n) expect(balanceOf(book)).toBeGreaterThanOrEqual(0n);
        }
      }),
    );
  });

  it('do not depend on the order in which grants are read', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({
            id: fc.string({ minLength: 1, maxLength: 3 }),
            priority: fc.nat(2),
            restCredits: fc.bigInt(1n, 9n),
          }),
          { selector: ({ id }) => id },
        ),
        fc.bigInt(1n, 60n),
        (grants, credits) => {
          const rests = grants.map((one) => ({ ...one, expiresAtMs: null }));
          const before = totals(restOf(rests));
          const posting = { kind: 'use', credits } as const;
          expect(planPosting(before, rests.toReversed(), posting)).toEqual(planPosting(before, rests, posting));
        },
      ),
    );
  });
});
