import { describe, expect, it } from '@jest/globals';

import { isAccepted } from './webhook-sender.js';

describe('isAccepted', () => {
  it.each([
    [199, false],
    [200, true],
    [204, true],
    [299, true],
    [300, false],
    [307, false],
    [410, false],
    [500, false],
  ])('of status %i is %p', (status, expected) => {
    expect(isAccepted({ kind: 'answered', status, body: '' })).toBe(expected);
  });

  it('is never said of a receiver that did not answer', () => {
    expect(isAccepted({ kind: 'failed', reason: 'no answer' })).toBe(false);
  });
});
