import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amountFor, counterId, limitKey, type LimitSpec, type LimitUnit, parseCounterId } from './limits.js';

const UNITS: readonly LimitUnit[] = ['requests', 'tokens', 'nano_usd'];

function limit(key: string, unit: LimitUnit, generation: number): LimitSpec {
  return {
    key,
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
    ['nano_usd', 300n],
  ] as const)('%s', (unit, expected) => {
    expect(amountFor(unit, { requests: 1, tokens: 20, costNanoUsd: 300n })).toBe(expected);
  });
});
