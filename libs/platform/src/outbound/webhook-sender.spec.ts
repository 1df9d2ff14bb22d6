import { describe, expect, it } from '@jest/globals';

import { allowedNetworksProblems, isAccepted } from './webhook-sender.js';

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

describe('allowedNetworksProblems', () => {
  it('finds nothing wrong with networks, or none', () => {
    expect(allowedNetworksProblems(['10.0.0.0/8', 'fd00::/8'])).toEqual([]);
    expect(allowedNetworksProblems([])).toEqual([]);
  });

  it('names the variable and the text that is no network', () => {
    expect(allowedNetworksProblems(['10.0.0.0/8', 'intranet'])).toEqual([
      { variable: 'PENSTOCK_WEBHOOK_ALLOWED_NETWORKS', reason: expect.stringContaining('"intranet"') },
    ]);
  });
});
