import { describe, expect, it } from '@jest/globals';

import { isTimeZone } from './time-zone.js';

describe('isTimeZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])(
    'takes %s',
    (name) => {
      expect(isTimeZone(name)).toBe(true);
    },
  );

  it.each(['', '+02:00', 'Mars/Olympus', 'Europe/Berlin\0', 'x'.repeat(1_000)])('refuses %j', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});
