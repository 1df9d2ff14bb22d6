import { describe, expect, it } from '@jest/globals';
import { DurationError, parseDuration } from './duration.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('parseDuration', () => {
  it.each([
    ['1s', SECOND],
    ['5s', 5 * SECOND],
    ['30s', 30 * SECOND],
    ['1m', MINUTE],
    ['2m', 2 * MINUTE],
    ['5m', 5 * MINUTE],
    ['1h', HOUR],
    ['2h', 2 * HOUR],
    ['24h', DAY],
    ['1d', DAY],
    ['1.5d', 1.5 * DAY],
    ['.5d', 0.5 * DAY],
    ['1w', 7 * DAY],
    ['1M', 30 * DAY],
    ['3M', 90 * DAY],
    ['6M', 180 * DAY],
    ['0.1M', 3 * DAY],
    ['1Y', 365 * DAY],
    ['100ms', 100],
    ['1h30m', 1.5 * HOUR],
    ['1h1m1s1ms', HOUR + MINUTE + SECOND + 1],
    ['1.5h', 1.5 * HOUR],
    ['+1h', HOUR],
    ['1500us', 1],
    ['1500\u00b5s', 1],
    ['1500\u03bcs', 1],
    ['1000000ns', 1],
    ['0.001s', 1],
    ['106751d', 106_751 * DAY],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    '',
    ' ',
    'invalid',
    'invalid_duration',
    '1',
    'd',
    '.d',
    '1d12h',
    '12h1d',
    '1D',
    '1 d',
    '1h ',
    '-1h',
    '-1d',
    '1h-30m',
    '0s',
    '0d',
    '999us',
    '1e3s',
    '1e1d',
    '300Y',
    'h1',
    '+',
    `${'1'.repeat(100)}s`,
  ])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(DurationError);
  });

  it('tells a month from a minute', () => {
    expect(parseDuration('1M')).not.toBe(parseDuration('1m'));
  });

  it('names the text and the grammar', () => {
    expect(() => parseDuration('1d12h')).toThrow(/"1d12h".*d, w, M \(30 days\).*1h30m/);
  });
});
