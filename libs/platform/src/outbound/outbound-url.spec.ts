import { describe, expect, it } from '@jest/globals';

import { AddressPolicy, parseNetworks } from './address-policy.js';
import { checkOutboundUrl } from './outbound-url.js';

const strict = new AddressPolicy();
const vouching = new AddressPolicy(parseNetworks(['127.0.0.0/8']));

function verdict(text: string, policy = strict): string {
  const checked = checkOutboundUrl(text, policy);
  return 'url' in checked ? checked.url.href : `refused: ${checked.reason}`;
}

describe('checkOutboundUrl', () => {
  it.each([
    ['https://example.com/hooks?a=b', 'https://example.com/hooks?a=b'],
    ['https://8.8.8.8:8443/x', 'https://8.8.8.8:8443/x'],
    ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
    // A name is judged when a connection is made.
    ['https://localhost/', 'https://localhost/'],
  ])('accepts %s', (text, href) => {
    expect(verdict(text)).toBe(href);
  });

  it.each([
    ['http://example.com/', 'must start with https://'],
    ['http://8.8.8.8/', 'must start with https://'],
    ['ftp://example.com/', 'must start with https://'],
    ['file:///etc/passwd', 'must start with https://'],
    ['javascript:alert(1)', 'must start with https://'],
    ['/hooks', 'absolute URL'],
    ['https://', 'absolute URL'],
    [`https://example.com/${'a'.repeat(2_048)}`, 'longer than 2048'],
    ['https://user@example.com/', 'user name'],
    ['https://:secret@example.com/', 'user name'],
    ['https://127.0.0.1/', 'not public'],
    ['https://2130706433/', 'not public'],
    ['https://0x7f.1/', 'not public'],
    ['https://017700000001/', 'not public'],
    ['https://１２７.0.0.1/', 'not public'],
    ['https://169.254.169.254/latest/meta-data', 'not public'],
    ['https://[::1]/', 'not public'],
    ['https://[::ffff:169.254.169.254]/', 'not public'],
    ['https://[fd00:ec2::254]/', 'not public'],
    ['https://0/', 'not public'],
  ])('refuses %s', (text, reason) => {
    expect(verdict(text)).toMatch(/^refused: /);
    expect(verdict(text)).toContain(reason);
  });

  it('lets a vouched network be spoken to in the clear', () => {
    expect(verdict('http://127.0.0.1:9/x', vouching)).toBe('http://127.0.0.1:9/x');
    expect(verdict('http://receiver.internal/x', vouching)).toBe('http://receiver.internal/x');
    expect(verdict('http://10.0.0.1/', vouching)).toContain('not public');
  });
});
