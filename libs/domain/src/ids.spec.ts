import { describe, expect, it } from '@jest/globals';
import { uuidv7 } from './ids.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

describe('uuidv7', () => {
  it('makes well-formed ids that are unique and sorted, also within a millisecond', () => {
    const ids = Array.from({ length: 20_000 }, () => uuidv7());
    for (const id of ids) expect(id).toMatch(UUID_V7);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('carries the time', () => {
    const nowMs = Date.now() + 60_000;
    expect(timeOf(uuidv7(nowMs))).toBe(nowMs);
    expect(timeOf(uuidv7(Date.UTC(2020, 0, 1)))).toBe(Date.UTC(2020, 0, 1));
  });

  it('stays sorted when the clock steps back a little', () => {
    const nowMs = Date.now() + 120_000;
    const first = uuidv7(nowMs);
    const second = uuidv7(nowMs - 50);
    expect(second > first).toBe(true);
  });
});
