import { describe, expect, it } from '@jest/globals';

import { AddressPolicy, parseNetworks } from './address-policy.js';
import { checkProviderBaseUrl } from './provider-base-url.js';

const strict = new AddressPolicy([], 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS');

describe('checkProviderBaseUrl', () => {
  it.each([
    ['https://llm.example.com/v1/', 'https://llm.example.com/v1'],
    ['https://LLM.example.com:443', 'https://llm.example.com'],
    ['https://llm.example.com/a/../v1', 'https://llm.example.com/v1'],
  ])('takes %s', (text, baseUrl) => {
    expect(checkProviderBaseUrl(text, strict)).toEqual({ baseUrl });
  });

  it.each([
    ['https://llm.example.com/v1?key=1', 'query'],
    ['https://llm.example.com/v1?', 'query'],
    ['https://llm.example.com/v1#x', 'query or fragment'],
    ['https://user:pass@llm.example.com/v1', 'user name'],
    ['http://llm.example.com/v1', 'https://'],
    ['https://169.254.169.254/v1', 'not public'],
    ['https://[::ffff:127.0.0.1]/v1', 'not public'],
    ['https://0x7f.1/v1', 'not public'],
    ['ftp://llm.example.com', 'https://'],
    ['llm.example.com/v1', 'absolute'],
    ['', 'absolute'],
  ])('refuses %s', (text, reason) => {
    expect(checkProviderBaseUrl(text, strict)).toEqual({ reason: expect.stringContaining(reason) });
  });

  it('names its own variable where http would be possible', () => {
    expect(checkProviderBaseUrl('http://8.8.8.8', strict)).toEqual({
      reason: expect.stringContaining('PENSTOCK_PROVIDER_ALLOWED_NETWORKS'),
    });
    const vouching = new AddressPolicy(parseNetworks(['127.0.0.0/8']));
    expect(checkProviderBaseUrl('http://127.0.0.1:8090/v1', vouching)).toEqual({ baseUrl: 'http://127.0.0.1:8090/v1' });
  });
});
