import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  amountFor,
  appliesTo,
  counterId,
  limitKey,
  type LimitSpec,
  type LimitUnit,
  parseCounterId,
  unitOfKey,
} from './limits.js';

const UNITS: readonly LimitUnit[] = [
  'requests',
  'tokens',
  'input_tokens',
  'output_tokens',
  'concurrent_requests',
  'nano_usd',
];

function limit(key: string, unit: LimitUnit, generation: number): LimitSpec {
  return {
    key,
    limitId: 'l',
    unit,
    entity: 'team',
    entityId: 't',
    entityName: 'T',
    cap: '1',
    generation,
    window: { kind: 'rolling', durationMs: 1_000, anchorMs: 0 },
    durationText: '1s',
  };
}

describe('counter ids', () => {
  it('carry limit, unit, generation and window, and can be read back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...UNITS),
        fc.bigInt({ min: 0n, max: 2n ** 50n }),
        fc.nat(),
        fc.integer({ min: -(10 ** 13), max: 10 ** 13 }),
        (unit, seq, generation, startMs) => {
          const key = limitKey(unit, seq);
          const id = counterId(limit(key, unit, generation), { startMs, endMs: startMs + 1 });
          expect(parseCounterId(id)).toEqual({ limitKey: key, unit, generation, windowStartMs: startMs });
          expect([unitOfKey(key), unitOfKey(id)]).toEqual([unit, unit]);
        },
      ),
    );
  });

  it('look as the store expects them', () => {
    expect(counterId(limit('c1z', 'nano_usd', 2), { startMs: 36, endMs: 37 })).toBe('c1z.2.10');
  });

  it('differ from window to window and generation to generation', () => {
    const spec = limit('q1', 'requests', 0);
    const first = counterId(spec, { startMs: 0, endMs: 1_000 });
    const second = counterId(spec, { startMs: 1_000, endMs: 2_000 });
    expect(counterId(spec, { startMs: 0, endMs: 1_000 })).toBe(first);
    expect(new Set([first, second, counterId({ ...spec, generation: 1 }, { startMs: 0, endMs: 1_000 })]).size).toBe(3);
  });

  it.each(['', 'epoch', 'x1.0.1', 'c.0.1', 'c1.0', 'c1.x.1', 'c1.0.', 'c1.0.1.2'])('refuses %j', (id) => {
    expect(() => parseCounterId(id)).toThrow(RangeError);
  });
});

describe('amountFor', () => {
  it.each([
    ['requests', 1n],
    ['tokens', 20n],
    ['input_tokens', 12n],
    ['output_tokens', 8n],
    ['concurrent_requests', 2n],
    ['nano_usd', 300n],
    ['credits', 4n],
    ['micro_credits', 5n],
  ] as const)('%s', (unit, expected) => {
    const amounts = { requests: 1, tokens: 20, inputTokens: 12, outputTokens: 8, concurrentRequests: 2 };
    const credits = { clientCostNanoUsd: 360n, credits: 4n, microCredits: 5n };
    expect(amountFor(unit, { ...amounts, costNanoUsd: 300n, ...credits })).toBe(expected);
  });
});

describe('limit keys', () => {
  it('have one letter per unit, and a letter that none has is refused', () => {
    expect(UNITS.map((unit) => limitKey(unit, 71))).toEqual(['q1z', 't1z', 'i1z', 'o1z', 'n1z', 'c1z']);
    for (const text of ['', 'x1', '1']) expect(() => unitOfKey(text)).toThrow(RangeError);
  });
});

describe('appliesTo', () => {
  it.each([
    [undefined, true],
    [{}, true],
    [{ provider: 'openai' }, true],
    [{ provider: 'anthropic' }, false],
    [{ model: 'gpt-4o' }, true],
    [{ model: 'gpt-4' }, false],
    [{ provider: 'openai', model: 'gpt-4o' }, true],
    [{ provider: 'openai', model: 'gpt-4' }, false],
    [{ provider: 'azure', model: 'gpt-4o' }, false],
  ])('a limit of %j to gpt-4o of openai: %p', (match, expected) => {
    const spec = { ...limit('c1', 'nano_usd', 0), ...(match === undefined ? {} : { match }) };
    expect(appliesTo(spec, 'openai', 'gpt-4o')).toBe(expected);
  });
});
