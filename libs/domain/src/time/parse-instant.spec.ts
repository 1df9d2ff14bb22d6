import { describe, expect, it } from '@jest/globals';

import { parseInstant } from './parse-instant.js';

describe('parseInstant', () => {
  it.each([
    ['2026-01-31T00:00:00Z', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31t01:30:00.123456789+02:00', '2026-01-30T23:30:00.123Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['2028-02-29T00:00:00z', '2028-02-29T00:00:00.000Z'],
  ])('reads %s', (text, instant) => {
    expect(parseInstant(text)?.toISOString()).toBe(instant);
  });

  it.each(['', 'soon', '2026-01-31', '2026-01-31 00:00:00Z', '2026-01-31T00:00:00', '2026-02-29T00:00:00Z'])(
    'refuses %j',
    (text) => expect(parseInstant(text)).toBeUndefined(),
  );

  it.each(['2026-13-01T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-31T24:00:00Z', '2026-01-31T00:60:00Z'])(
    'refuses the impossible %j',
    (text) => expect(parseInstant(text)).toBeUndefined(),
  );

  it.each(['9999-12-31T23:59:59-14:00', '0001-01-01T00:00:00+14:00', '0000-06-01T00:00:00Z'])(
    'refuses %j: no such text could name it in UTC',
    (text) => expect(parseInstant(text)).toBeUndefined(),
  );
});
