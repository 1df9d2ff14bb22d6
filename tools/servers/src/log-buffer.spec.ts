import { describe, expect, it } from '@jest/globals';

import { LogBuffer } from './log-buffer.js';

describe('LogBuffer', () => {
  it('puts lines together that the pipe cut', () => {
    const lines: string[] = [];
    const log = new LogBuffer((line) => lines.push(line));
    log.append('first\nsec');
    log.append('ond\nthi');
    log.append('rd');
    expect(lines).toEqual(['first', 'second']);
    log.end();
    expect(lines).toEqual(['first', 'second', 'third']);
    expect(log.text()).toBe('first\nsecond\nthird');
    expect(log.tail(1)).toBe('third');
  });

  it('forgets the oldest lines of a process that never stops talking', () => {
    const log = new LogBuffer();
    for (let line = 0; line < 50_000; line += 1) log.append(`${line}\n`);
    expect(log.text().split('\n').length).toBeLessThanOrEqual(20_000);
    expect(log.tail(1)).toBe('49999');
  });
});
