import { describe, expect, it } from '@jest/globals';

import { attemptBuckets, networkOf } from './attempt-buckets.js';

describe('the network of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['', ''],
  ])('%s: %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});

describe('where an attempt counts', () => {
  it('sets accounts apart at one address, and addresses apart for one account', () => {
    const [ada, address] = attemptBuckets('ada', '10.0.0.1');
    const [bob, same] = attemptBuckets('bob', '10.0.0.1');
    const [elsewhere, other] = attemptBuckets('ada', '10.0.0.2');

    expect(same.key).toBe(address.key);
    expect(new Set([ada.key, bob.key, elsewhere.key, address.key, other.key]).size).toBe(5);
  });
});
