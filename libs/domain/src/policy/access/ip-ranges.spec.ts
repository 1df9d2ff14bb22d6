import { BlockList, isIP } from 'node:net';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { IpRangeError, IpRanges, normalizeIpRange } from './ip-ranges.js';

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

describe('normalizeIpRange', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['203.0.113.7/32', '203.0.113.7'],
    ['203.0.113.7/24', '203.0.113.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['2001:db8:1:2:3:4:5:6/48', '2001:db8:1::/48'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::', '::'],
    ['::1/128', '::1'],
    ['::/0', '::/0'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203/104', '10.0.0.0/8'],
    ['64:ff9b::10.1.2.3', '64:ff9b::a01:203'],
  ])('writes %s as %s', (text, normal) => {
    expect(normalizeIpRange(text)).toBe(normal);
  });

  it.each([
    '',
    'localhost',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.07',
    '203.0.113.0/33',
    '203.0.113.0/',
    '203.0.113.0/-1',
    '203.0.113.0/24/24',
    '203.0.113.0/24.0',
    'fe80::1%eth0',
    ':::',
    '::/129',
    `203.0.113.7${' '.repeat(64)}`,
    '1:'.repeat(100),
  ])('refuses %j', (text) => {
    expect(() => normalizeIpRange(text)).toThrow(IpRangeError);
  });

  it('takes for an address what the platform takes for one', () => {
    const almost = fc.stringMatching(/^[0-9a-f:.]{0,24}$/);
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6, almost), (text) => {
        const isTaken = (): boolean => {
          try {
            normalizeIpRange(text);
            return true;
          } catch {
            return false;
          }
        };
        expect(isTaken()).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not change what is normal already', () => {
    const range = fc.oneof(
      fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })),
      fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })),
    );
    fc.assert(
      fc.property(range, ([address, length]) => {
        const normal = normalizeIpRange(`${address}/${length}`);
        expect(normalizeIpRange(normal)).toBe(normal);
      }),
    );
  });
});

describe('IpRanges', () => {
  it.each([
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
    [['::ffff:10.0.0.0/104'], '10.0.0.1', true],
    [['192.0.2.1', '2001:db8::/32'], '2001:db8:ffff::1', true],
    [['192.0.2.1', '2001:db8::/32'], '2001:db9::1', false],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['::/0'], '192.0.2.1', false],
    [['0.0.0.0/0'], 'unknown', false],
    [['0.0.0.0/0'], '', false],
    [[], '192.0.2.1', false],
  ])('%j contains %s: %p', (ranges, address, isContained) => {
    expect(IpRanges.parse(ranges).contains(address)).toBe(isContained);
  });

  it.each([
    ['ipv4', ipv4, 32],
    ['ipv6', ipv6, 128],
  ] as const)('agrees with the platform about %s', (family, addresses, bits) => {
    fc.assert(
      fc.property(addresses, addresses, fc.integer({ min: 0, max: bits }), (network, address, length) => {
        // Mapped addresses change their family here; the tables above say how.
        fc.pre(![network, address].some((text) => text.toLowerCase().includes('ffff')));
        const list = new BlockList();
        list.addSubnet(network, length, family);
        expect(IpRanges.parse([`${network}/${length}`]).contains(address)).toBe(list.check(address, family));
        expect(IpRanges.parse([`${network}/${length}`]).contains(network)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
