import { describe, expect, it } from '@jest/globals';

import { AddressPolicy, allowedNetworksProblems, NetworkListError, parseNetworks } from './address-policy.js';

const strict = new AddressPolicy();

describe('AddressPolicy', () => {
  it.each([['8.8.8.8'], ['1.1.1.1'], ['172.15.255.255'], ['172.32.0.1'], ['2606:4700:4700::1111'], ['::ffff:8.8.8.8']])(
    'lets %s through, encrypted only',
    (address) => {
      expect(strict.judge(address, true)).toBe('allowed');
      expect(strict.judge(address, false)).toBe('needs_https');
    },
  );

  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['loopback', '::1'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['link-local and metadata', '169.254.169.254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['metadata of Alibaba', '100.100.100.200'],
    ['metadata of Azure', '168.63.129.16'],
    ['metadata of AWS over IPv6', 'fd00:ec2::254'],
    ['metadata of Oracle', '192.0.0.192'],
    ['unique local', 'fc00::1'],
    ['multicast', '224.0.0.1'],
    ['multicast', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['unspecified', '::'],
    ['reserved', '240.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['documentation', '2001:db8::1'],
    ['documentation', '3fff::1'],
    ['benchmarking', '198.18.0.1'],
    ['benchmarking', '2001:2::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped loopback in hexadecimal', '::ffff:7f00:1'],
    ['compatible loopback', '::127.0.0.1'],
    ['compatible public', '::8.8.8.8'],
    ['translated loopback', '64:ff9b::7f00:1'],
    ['translated locally', '64:ff9b:1::1'],
    ['6to4 of loopback', '2002:7f00:1::'],
    ['Teredo', '2001::1'],
    ['site-local of old', 'fec0::1'],
    ['discard', '100::1'],
    ['outside of what is handed out', '4000::1'],
    ['no address', 'localhost'],
    ['no address', ''],
  ])('refuses %s: %s', (_name, address) => {
    expect(strict.judge(address, true)).toBe('not_public');
    expect(strict.judge(address, false)).toBe('not_public');
  });

  it('lets vouched networks through, also in the clear, and nothing beside them', () => {
    const policy = new AddressPolicy(parseNetworks(['10.1.0.0/16', 'fd00::/8']));

    expect(policy.judge('10.1.2.3', false)).toBe('allowed');
    expect(policy.judge('::ffff:10.1.2.3', true)).toBe('allowed');
    expect(policy.judge('fd12::1', false)).toBe('allowed');
    expect(policy.judge('10.2.0.1', true)).toBe('not_public');
    expect(policy.judge('127.0.0.1', true)).toBe('not_public');
    expect(policy.judge('8.8.8.8', false)).toBe('needs_https');
  });

  it.each(['10.0.0.0', '10.0.0.0/33', 'localhost/8', ''])('says that %p is no network', (text) => {
    expect(() => parseNetworks([text])).toThrow(NetworkListError);
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
    expect(allowedNetworksProblems(['intranet'], 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS')).toEqual([
      { variable: 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS', reason: expect.stringContaining('"intranet"') },
    ]);
  });
});
